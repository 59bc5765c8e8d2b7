import { outside, writeSync } from "./runtime.js";

/**
 * Where the client tells its changes of state: a function, or any of the usual loggers (`console`,
 * pino, winston). What it throws, and what it rejects with, is ignored: logging is no reason for a
 * bot to fail. It runs outside of every `AsyncLocalStorage` context of the bot.
 */
export type Logger = ((message: string) => void) | LoggerObject;

export interface LoggerObject {
  info?(message: string): void;
  warn?(message: string): void;
}

type Level = "info" | "warn";

/** Taken at load: a bot may put another class in the place of `Promise`. */
const { then } = Promise.prototype;
const ignore = (): void => {};

/** One function that writes to the logger and never throws; undefined where there is no logger. */
export function tellerOf(logger: Logger | undefined): ((level: Level, message: string) => void) | undefined {
  if (logger === undefined || logger === null) return undefined;
  return (level, message) => {
    try {
      ignoreRejection(
        outside((): unknown => (typeof logger === "function" ? logger(message) : logger[level]?.(message))),
      );
    } catch {
      // A logger that fails has nobody left to tell.
    }
  };
}

/** Writes to stderr, as `KISSBOT_MONITOR_DEBUG=1` asks. Throws where nobody reads it any more. */
export function logToStderr(message: string): void {
  // Not console.error: a broken stderr stream raises its error later, as an uncaught exception.
  writeSync(2, `${message}\n`);
}

/** Takes note of a promise of any class or realm, so that its rejection is no unhandled one. */
function ignoreRejection(told: unknown): void {
  if (!told) return;
  try {
    then.call(told, ignore, ignore);
  } catch {
    // No native promise. What its `then` returns may be one that rejects.
    then.call((told as PromiseLike<unknown>).then?.(ignore, ignore), ignore, ignore);
  }
}
