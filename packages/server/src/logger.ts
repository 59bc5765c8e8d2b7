import pino, { type Logger as PinoLogger } from "pino";
import { prettyFactory } from "pino-pretty";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a room needs of the log: fields first, then a sentence. Strings of bots go into the fields, never into the sentence. */
export type Logger = Pick<PinoLogger, "trace" | "debug" | "info" | "warn" | "error" | "fatal">;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Lines for people instead of JSON; where absent, if standard error is a terminal. */
  readonly pretty?: boolean;
  /** The descriptor that is written to: 2, standard error, where absent. */
  readonly descriptor?: number;
}

/** How much may wait for a reader that is slower than the log, in characters; what is over it is dropped, not waited for. */
const maxWaiting = 1_048_576;

/**
 * The log of the whole process, on standard error. A line is handed over and written later: whoever reads the log
 * slowly, or not at all, is never waited for. `flush` writes what is left, for the end of the process.
 */
export function createLogger({ level, descriptor = 2, pretty }: LoggerOptions): Logger & { flush(): void } {
  const sink = pino.destination({ dest: descriptor, sync: false, minLength: 0, maxLength: maxWaiting });
  // A log that nobody reads any more (EPIPE) is no reason for a monitor to end.
  sink.on("error", () => undefined);
  const forPeople = pretty ?? process.stderr.isTTY === true;
  const format = forPeople ? prettyFormat() : (line: string) => line;
  const stream = { write: (line: string) => void sink.write(harmless(format(line))) };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  return Object.assign(logger, {
    flush: () => {
      try {
        sink.flushSync();
      } catch {
        // The reader has gone or takes nothing: there is nobody left to tell.
      }
    },
  });
}

function prettyFormat(): (line: string) => string {
  const format = prettyFactory({
    colorize: process.env["NO_COLOR"] === undefined && process.stderr.isTTY === true,
    translateTime: "SYS:HH:MM:ss",
    singleLine: true,
  });
  return (line) => format(line) ?? line;
}

/** DEL, C1 controls, and what turns the direction of text: JSON leaves them as they are, and a terminal obeys them. */
const obeyed = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Escaped as JSON escapes, so that a line of JSON stays one with the same meaning. */
function harmless(line: string): string {
  return line.replace(obeyed, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
