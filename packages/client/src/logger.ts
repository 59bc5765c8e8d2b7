import { outside, writeSync } from "./runtime.js";

/**
 * Gets the client's changes of state: a function, or any usual logger (`console`, pino, winston).
 * Its errors and rejections are ignored: logging must not make a bot fail. It runs outside of every
 * `AsyncLocalStorage` context of the bot.
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

/** A function that writes to the logger and never throws; undefined without a logger. */
export function tellerOf(logger: Logger | undefined): ((level: Level, message: string) => void) | undefined {
  if (logger === undefined || logger === null) return undefined;
  return (level, message) => {
    try {
      ignoreRejection(
        outside((): unknown => (typeof logger === "function" ? logger(message) : logger[level]?.(message))),
      );
    } catch {
      // There is nowhere to report a failing logger.
    }
  };
}

/** Writes to stderr for `KISSBOT_MONITOR_DEBUG=1`. Throws if stderr has no reader. */
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
