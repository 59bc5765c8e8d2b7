import type { Logger } from "../../src/logger.js";

export interface LogEntry {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sentence: string;
}

/** A log that can be read. */
export class RecordingLogger implements Logger {
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

  #at(level: string): Logger["info"] {
    return (first: unknown, second?: unknown) => {
      if (typeof first === "string") this.entries.push({ level, fields: {}, sentence: first });
      else this.entries.push({ level, fields: first as LogEntry["fields"], sentence: String(second) });
    };
  }
}
