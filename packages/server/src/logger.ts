import pino, { type Logger as PinoLogger } from "pino";
import { prettyFactory } from "pino-pretty";
import { LogSink } from "./log-sink.js";

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

/** How long the end of the process waits for the log's reader, or for its disk. */
const flushMs = 1_000;

/**
 * The log of the whole process, on standard error. A line is handed over and written later: a reader that is slow, or
 * gone, or on a full disk, is never waited for. `flush` is for the end of the process: it resolves when what is left has
 * been written, when a write fails, or after a second.
 */
export function createLogger({ level, descriptor = 2, pretty }: LoggerOptions): Logger & {
  flush(): Promise<void>;
} {
  const sink = new LogSink({ descriptor, maxWaiting });
  const forPeople = pretty ?? process.stderr.isTTY === true;
  const format = forPeople ? prettyFormat() : (line: string) => line;
  const stream = { write: (line: string) => sink.add(harmless(format(line))) };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  return Object.assign(logger, { flush: () => sink.flush(flushMs) });
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
