/** What a client does when its process ends. Called synchronously; must not throw. */
export interface Ending {
  /** The process is about to end with this code; there is no next tick. */
  onExit(code: number): void;
  /** SIGTERM or SIGINT has come, and this client asked to be told. */
  onSignal(): void;
}

type Signal = "SIGTERM" | "SIGINT";
const signals: readonly Signal[] = ["SIGTERM", "SIGINT"];

/**
 * The one exit hook of the process, however many clients and however many copies of this package there are.
 *
 * It is found through `Symbol.for`, as an ESM and a CJS copy have no module in common; what two copies share are
 * only the methods `join`, `joinSignals` and `leave`, and the number in the symbol's name counts changes of these. One
 * hundred clients make one listener, so Node never warns of a leak.
 *
 * States: *dormant*, no listener; *listening* for `exit`, from the first `join` on, for good; and apart from that
 * *watching* for signals while at least one client asked for it. As long as nobody does, the signals keep their default
 * effect: a listener would take it away.
 */
class ExitHook {
  readonly #endings = new Set<Ending>();
  readonly #watchers = new Set<Ending>();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    for (const ending of this.#watchers) ending.onSignal();
    // Whoever else listens has decided what the signal does; otherwise it must end the process, as if nobody listened.
    if (process.listenerCount(signal) > 1) return;
    this.#watch(false);
    process.kill(process.pid, signal);
  };

  constructor() {
    process.on("exit", (code) => {
      // A listener before this one may have set another code; either may be a string ("0").
      const worst = Number(code) || Number(process.exitCode ?? 0);
      for (const ending of this.#endings) ending.onExit(worst);
    });
  }

  join(ending: Ending): void {
    this.#endings.add(ending);
  }

  joinSignals(ending: Ending): void {
    this.#watchers.add(ending);
    if (this.#watchers.size === 1) this.#watch(true);
  }

  leave(ending: Ending): void {
    this.#endings.delete(ending);
    if (this.#watchers.delete(ending) && this.#watchers.size === 0) this.#watch(false);
  }

  #watch(on: boolean): void {
    for (const signal of signals) {
      process.off(signal, this.#onSignal);
      // First of all, as long as each `once` listener of the bot's can still be counted: it is gone when it is called.
      if (on) process.prependListener(signal, this.#onSignal);
    }
  }
}

const key = Symbol.for("@kissbot/client exit hook 1");

/** The hook that every client of this process shares. */
export function exitHook(): Pick<ExitHook, "join" | "joinSignals" | "leave"> {
  const shared = globalThis as { [key]?: ExitHook };
  shared[key] ??= new ExitHook();
  return shared[key];
}
