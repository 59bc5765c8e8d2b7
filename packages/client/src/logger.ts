/**
 * Where the client tells its changes of state: a function, or any of the usual loggers (`console`, pino, winston). What it
 * throws, and what it rejects with, is ignored: logging is no reason for a bot to fail.
 */
export type Logger = ((message: string) => void) | LoggerObject;

export interface LoggerObject {
  info?(message: string): void;
  warn?(message: string): void;
}

type Level = "info" | "warn";

/** One function that writes to the logger and never throws; undefined where there is nobody to tell. */
export function tellerOf(logger: Logger | undefined): ((level: Level, message: string) => void) | undefined {
  if (logger === undefined || logger === null) return undefined;
  return (level, message) => {
    try {
      const told: unknown = typeof logger === "function" ? logger(message) : logger[level]?.(message);
      if (told instanceof Promise) told.catch(() => {});
    } catch {
      // A logger that fails has nobody left to tell.
    }
  };
}
