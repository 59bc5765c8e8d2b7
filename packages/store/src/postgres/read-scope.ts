import { originalText } from "./binary-array.js";
import { quoted } from "./record-columns.js";

type Row = Record<string, unknown>;

/**
 * What a question asks with: one transaction that sees one moment, and the host whose rows count;
 * null for the rows of all hosts.
 */
export interface ReadScope {
  readonly rows: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  readonly schema: string;
  readonly hostNo: number | null;
}

/** The conditions of a question, and the values that they compare with. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #all: string[] = [];
  readonly #schema: string;

  constructor({ schema, hostNo }: ReadScope, alias: string) {
    this.#schema = quoted(schema);
    if (hostNo !== null) this.#all.push(`${alias}.host_no = ${this.value(hostNo, "int")}`);
  }

  table(name: string): string {
    return `${this.#schema}.${name}`;
  }

  value(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }

  /** Unix milliseconds as a time of SQL. */
  time(ms: number): string {
    return this.value(timeText(ms), "timestamptz");
  }

  add(condition: string): void {
    this.#all.push(condition);
  }

  toString(): string {
    return this.#all.length === 0 ? "TRUE" : this.#all.join(" AND ");
  }
}

export function textIn(row: Row, name: string): string {
  return originalText(row[name] as string);
}

export function numberIn(row: Row, name: string): number {
  return Number(row[name] ?? 0);
}

/** A time as PostgreSQL reads it exactly; the year 10000 has no sign there. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/^\+0/, "");
}
