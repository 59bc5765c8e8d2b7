import process from "node:process";
import pino from "pino";
import { prettyLogLine } from "./log-line.js";
import { LogSink } from "./log-sink.js";
import { safeJson } from "./quoted-text.js";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** `auto`: `pretty` where standard error is a terminal, else `json`. */
export const logFormats = ["auto", "pretty", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

/**
 * What a line says beside its sentence, in snake_case. The names that mean the logger itself are
 * refused: the process of a bot is `bot_pid`, as `pid` stands for the process that logs.
 */
export type LogFields = { readonly [name: string]: unknown } & {
  readonly [Name in "pid" | "hostname" | "name" | "level" | "time" | "msg"]?: never;
};

export interface LogMethod {
  (fields: LogFields, sentence: string): void;
  (sentence: string): void;
}

/**
 * What a room needs of the log: fields first, then a sentence. Strings of bots go into the fields,
 * never into the sentence.
 */
export type Logger = Readonly<Record<"trace" | "debug" | "info" | "warn" | "error" | "fatal", LogMethod>>;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `auto` where absent. */
  readonly format?: LogFormat;
  /** The descriptor that is written to: 2, standard error, where absent. */
  readonly descriptor?: number;
}

/**
 * How much may wait for a reader that is slower than the log, in characters; what is over it is
 * dropped, not waited for.
 */
const maxWaiting = 1_048_576;

/** How long the end of the process waits for the log's reader, or for its disk. */
const flushMs = 1_000;

/**
 * The log of the whole process, on standard error. In JSON each line has `level` by its name,
 * `time` in ISO 8601 with its zone, `msg`, and its fields. A line is handed over and written later:
 * a reader that is slow, or gone, or on a full disk, is never waited for. `flush` is for the end of
 * the process: it resolves when what is left has been written, when a write fails, or after a
 * second.
 */
export function createLogger({ level, descriptor = 2, format = "auto" }: LoggerOptions): Logger & {
  flush(): Promise<void>;
} {
  const sink = new LogSink({ descriptor, maxWaiting });
  const isPretty = format === "pretty" || (format === "auto" && process.stderr.isTTY === true);
  const written = isPretty ? prettyFormat() : safeJson;
  const stream = { write: (line: string) => sink.add(written(line)) };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return Object.assign(logger, { flush: () => sink.flush(flushMs) });
}

/** The width is asked for with each line: a terminal may be resized. */
function prettyFormat(): (line: string) => string {
  const { NO_COLOR: no = "", TERM: kind } = process.env;
  const isTerminal = process.stderr.isTTY === true;
  const coloured = isTerminal && no === "" && kind !== "dumb";
  const columns = () => (isTerminal ? (process.stderr.columns ?? 80) : null);
  return (line) => prettyLogLine(line, { coloured, columns: columns() });
}
