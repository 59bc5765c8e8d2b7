import { constants } from "node:os";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

export interface StopRequest {
  /** Resolves with what asked for it. */
  readonly made: Promise<string>;
  /** How long stopping may take where nothing can be trusted any more. */
  patience(): Promise<void>;
  /** Nothing is to be stopped any more; until the process ends a signal only ends it sooner. */
  dispose(): void;
}

export interface StopRequestOptions {
  /** The end of stdin asks to stop as well: then no parent, however it died, leaves this process behind. */
  readonly withStdin: boolean;
  /** So does the end of the terminal. Not for what may run under `nohup`, which listening would undo. */
  readonly withHangup?: boolean;
}

const patienceMs = 5_000;

/** One Ctrl-C can arrive twice: the terminal sends it to the whole group, and npm or timeout, which got it too, passes it on. */
const echoMs = 300;

/**
 * Waits for SIGTERM or SIGINT. The second one, of either kind, ends the process as it ends one that does not listen, a shell sees 128 and its
 * number: who sends it does not want to wait for a store that hangs.
 */
export function stopRequest({ withStdin, withHangup = false }: StopRequestOptions): StopRequest {
  const signals: NodeJS.Signals[] = ["SIGTERM", "SIGINT", ...(withHangup ? (["SIGHUP"] as const) : [])];
  let make: (reason: string) => void = () => undefined;
  const made = new Promise<string>((resolve) => {
    make = resolve;
  });
  let askedAtMs: number | null = null;
  let isOver = false;
  const onSignal = (signal: NodeJS.Signals) => {
    // All is done, but for the end of the process: it keeps its exit code.
    if (isOver) process.exit();
    const nowMs = performance.now();
    askedAtMs ??= nowMs;
    if (nowMs - askedAtMs > echoMs) die(signal);
    make(signal);
  };
  // By the signal itself: `process.exit` ends the threads first, and one that SQLite keeps waiting for a lock then aborts the process.
  const die = (signal: NodeJS.Signals) => {
    process.emit("exit", 128 + constants.signals[signal]);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  const onEnd = () => make("the end of stdin");
  if (withStdin) process.stdin.on("end", onEnd).on("error", onEnd).resume();
  return {
    made,
    patience: async () => {
      await delay(patienceMs);
    },
    dispose: () => {
      isOver = true;
      if (withStdin) process.stdin.removeListener("end", onEnd).pause();
    },
  };
}
