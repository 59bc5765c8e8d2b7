export interface LogEntry {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sentence: string;
}

type Log = (first: unknown, second?: unknown) => void;

/** A log that can be read. */
export class RecordingLogger {
  readonly entries: LogEntry[] = [];
  readonly trace = this.#at("trace");
  readonly debug = this.#at("debug");
  readonly info = this.#at("info");
  readonly warn = this.#at("warn");
  readonly error = this.#at("error");
  readonly fatal = this.#at("fatal");

  at(...levels: readonly string[]): LogEntry[] {
    return this.entries.filter(({ level }) => levels.includes(level));
  }

  /** Errors and worse: a test that expects none asserts that this is empty. */
  get errors(): LogEntry[] {
    return this.at("error", "fatal");
  }

  #at(level: string): Log {
    return (first, second) => {
      if (typeof first === "string") this.entries.push({ level, fields: {}, sentence: first });
      else this.entries.push({ level, fields: first as LogEntry["fields"], sentence: String(second) });
    };
  }
}

const ignore: Log = () => undefined;

/** For what is not a test of the log. */
export const silentLogger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
};
