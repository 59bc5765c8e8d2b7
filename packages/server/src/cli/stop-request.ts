import process from "node:process";
import { dieOf, maySafelyExit } from "./process-end.js";

export interface StopRequest {
  /** Resolves with the reason of the stop. */
  readonly made: Promise<string>;
  /** The signal that caused the stop; SIGTERM if something else did, or nothing yet. */
  readonly signal: NodeJS.Signals;
  /** Nothing is to be stopped any more; until the process ends a signal only ends it sooner. */
  dispose(): void;
}

export interface StopRequestOptions {
  /**
   * The end of stdin asks to stop as well: then no parent, however it died, leaves this process
   * behind.
   */
  readonly withStdin: boolean;
}

/**
 * All of them ask for the same clean stop: SIGHUP comes from terminals that close and from log
 * rotation, SIGQUIT from Ctrl-\, SIGUSR2 from tools that restart; by default each would end the
 * process without storing what waits. (`nohup` protects no Node program: Node takes back what its
 * parent had it ignore.)
 */
const stopSignals: readonly NodeJS.Signals[] =
  process.platform === "win32"
    ? ["SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"]
    : ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"];

/**
 * One Ctrl-C can arrive twice: the terminal sends it to the whole group, and npm or timeout, which
 * got it too, passes it on.
 */
const echoMs = 300;

/**
 * Waits for a signal that asks to stop. The second one, of whatever kind, ends the process as it
 * ends one that does not listen: the sender does not want to wait for a store that hangs.
 */
export function stopRequest({ withStdin }: StopRequestOptions): StopRequest {
  let make: (reason: string) => void = () => undefined;
  const made = new Promise<string>((resolve) => {
    make = resolve;
  });
  let first: NodeJS.Signals | null = null;
  let askedAtMs = 0;
  let isOver = false;
  const onSignal = (signal: NodeJS.Signals) => {
    // All is done, but for the end of the process: it keeps its exit code.
    if (isOver && maySafelyExit()) process.exit();
    const nowMs = performance.now();
    if (first === null) {
      first = signal;
      askedAtMs = nowMs;
    }
    if (nowMs - askedAtMs > echoMs) dieOf(signal);
    make(signal);
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  const onEnd = () => make("the end of stdin");
  if (withStdin) process.stdin.on("end", onEnd).on("error", onEnd).resume();
  return {
    made,
    get signal() {
      return first ?? "SIGTERM";
    },
    dispose: () => {
      isOver = true;
      if (withStdin) process.stdin.removeListener("end", onEnd).pause();
    },
  };
}
