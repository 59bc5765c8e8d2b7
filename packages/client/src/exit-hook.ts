import type { EventEmitter } from "node:events";
import process from "node:process";
import { setImmediate } from "node:timers";
import { monotonicMs } from "./clock.js";
import { describeError, type LastError, type LastWords } from "./last-words.js";
import { soon } from "./runtime.js";

/** What a client does when its process ends. Called synchronously; must not throw. */
export interface Ending {
  /**
   * The process is about to end with this code; there is no next tick. Called a second time, with
   * the code that holds, where another listener came in between. `last` is given, in the last call,
   * where the end is no clean one. (Absent, too, where the hook is that of an older copy of this
   * package.)
   */
  onExit(code: number, last?: LastWords): void;
  /** SIGTERM or SIGINT has come, and this client listens for it. The process may still go on. */
  onSignal(): void;
}

/** The signals that end a bot on purpose, and the exit codes that a shell reports for them. */
const codes = { SIGTERM: 143, SIGINT: 130 };
type Signal = keyof typeof codes;

/** An end so soon after an uncaught exception is no clean one, whatever its code is. */
const fatalMs = 10_000;

/** Taken when the package is loaded: a bot's tests may replace them. */
const emitter: EventEmitter = process;
const on = emitter.on.bind(emitter);
const onFirst = emitter.prependListener.bind(emitter);
const off = emitter.off.bind(emitter);
const listenersOf = emitter.listeners.bind(emitter);
const kill = process.kill.bind(process);
const exit = process.exit.bind(process);
const later = setImmediate;

/**
 * The one exit hook of the process, however many clients and however many copies of this package
 * there are.
 *
 * It is found through `Symbol.for`, as an ESM and a CJS copy have no module in common; what two
 * copies share are only the methods `join`, `joinSignals` and `leave`, and the number in the
 * symbol's name counts changes of what these mean. They may be repeated: each sees to it that the
 * listeners are still there. One hundred clients make one listener of each kind, so Node never
 * warns of a leak.
 *
 * States: *dormant*, no listener; *listening* for `exit`, from the first `join` on, for good; and
 * apart from that *watching* for signals, from `joinSignals` to the next signal, or until no client
 * asks for it any more. While it does not watch, the signals keep their default effect: a listener
 * would take it away.
 *
 * Listeners that were added later run later, and may still change the exit code. So the hook moves
 * behind them when the process ends by itself, and where `process.exit` ends it, it waits for
 * `reallyExit`.
 */
class ExitHook {
  readonly #endings = new Set<Ending>();
  readonly #watchers = new Set<Ending>();
  #fatalAtMs = Number.NEGATIVE_INFINITY;
  #fatal: LastError | undefined;
  /** The event loop is empty: no `process.exit` was called. */
  #idle = false;

  /** Keeps words, and not the error: the bot may survive it. */
  readonly #onFatal = (error: unknown): void => {
    this.#fatalAtMs = monotonicMs();
    this.#fatal = describeError(error);
  };

  /**
   * The other `beforeExit` listeners come first: they, too, may listen for `exit`, or call
   * `process.exit`.
   */
  readonly #onIdle = (): void =>
    soon(() => {
      try {
        off("exit", this.#onExit);
        on("exit", this.#onExit);
      } catch {
        // A frozen `process` object: the listener stays.
      }
      this.#idle = true;
      // Work that is added now keeps the process alive. A replaced timer may return a number, or
      // nothing.
      later(() => {
        this.#idle = false;
      })?.unref?.();
    });

  readonly #onExit = (code: number): void => {
    // Node ends by itself, without `reallyExit`, after an exception that nobody handles.
    const isUnhandled = this.#isFatal && listenersOf("uncaughtException").length === 0;
    if (this.#idle || isUnhandled || listenersOf("exit").at(-1) === this.#onExit) {
      this.#end(code);
      return;
    }
    // Sends what waits, and what the other listeners report from now on; no goodbye yet.
    this.#tell(1);
    const it = process as unknown as { reallyExit(code: number): void };
    const { reallyExit } = it;
    try {
      it.reallyExit = (last) => {
        this.#end(last);
        reallyExit.call(process, last);
      };
    } catch {
      // A frozen process: the code of now has to do.
      this.#end(code);
    }
  };

  readonly #onSignal = (signal: Signal): void => {
    for (const ending of this.#watchers) ending.onSignal();
    // Restores the state without our listeners, for other listeners and for libraries that count
    // them.
    this.#unwatch();
    // Emitted by hand, without its name: nothing would have ended. Deno never says it.
    if (!(signal in codes || "deno" in process.versions)) return;
    // Ours stays where the process is frozen.
    const others = () => listenersOf(signal).filter((listener) => listener !== this.#onSignal).length;
    const isUnheard = () => others() <= cleanersOfSignalExit();
    if (!isUnheard()) return;
    if (others() === 0) {
      try {
        kill(process.pid, signal);
      } catch {
        // Deno needs a permission for it.
      }
    } else if (process.pid !== 1) return;
    // Still running: the kernel ignores unhandled signals for process 1.
    later(() => {
      if (isUnheard()) exit(codes[signal]);
    });
  };

  join(ending: Ending): void {
    this.#endings.add(ending);
    for (const [event, listener] of [
      ["exit", this.#onExit],
      ["beforeExit", this.#onIdle],
      ["uncaughtExceptionMonitor", this.#onFatal],
    ] as const) {
      listen(on, event, listener);
    }
  }

  joinSignals(ending: Ending): void {
    this.#watchers.add(ending);
    for (const signal in codes) {
      // First of all, as long as each `once` listener of the bot's can still be counted: it is gone
      // when it is called.
      listen(onFirst, signal, this.#onSignal);
    }
  }

  leave(ending: Ending): void {
    this.#endings.delete(ending);
    if (this.#watchers.delete(ending) && this.#watchers.size === 0) this.#unwatch();
  }

  #unwatch(): void {
    for (const signal in codes) {
      try {
        off(signal, this.#onSignal);
      } catch {
        // A frozen process keeps its listeners.
      }
    }
  }

  #end(code: number): void {
    // A listener before this one may have set another code; either may be a string ("0").
    const exitCode = Number(code) || Number(process.exitCode ?? 0);
    const worst = exitCode || Number(this.#isFatal);
    this.#tell(worst, worst === 0 ? undefined : { exitCode, error: this.#isFatal ? this.#fatal : undefined });
  }

  get #isFatal(): boolean {
    return monotonicMs() - this.#fatalAtMs < fatalMs;
  }

  #tell(code: number, last?: LastWords): void {
    for (const ending of this.#endings) ending.onExit(code, last);
  }
}

function listen(add: typeof on, event: string, listener: (given: never) => void): void {
  try {
    if (!listenersOf(event).includes(listener)) add(event, listener as () => void);
  } catch {
    // A frozen process takes the listener, and throws all the same.
  }
}

/**
 * How many of each signal's listeners are signal-exit's (version 3, version 4). They end the
 * process unless others listen, so they do not count as the bot's.
 */
function cleanersOfSignalExit(): number {
  const three = (process as { __signal_exit_emitter__?: { count?: number } }).__signal_exit_emitter__;
  const four = (globalThis as { [signalExit]?: { count?: number } })[signalExit];
  return (Number(three?.count) || 0) + (Number(four?.count) || 0);
}

const signalExit = Symbol.for("signal-exit emitter");
const key = Symbol.for("@kissbot/client exit hook 1");
let hook: ExitHook | undefined;

/**
 * The hook that every client of this process shares; where `globalThis` is frozen, that every
 * client of this copy does.
 */
export function exitHook(): Pick<ExitHook, "join" | "joinSignals" | "leave"> {
  const shared = globalThis as { [key]?: ExitHook };
  hook ??= shared[key] ?? new ExitHook();
  try {
    shared[key] ??= hook;
  } catch {
    // Nothing can be added to it.
  }
  return hook;
}
