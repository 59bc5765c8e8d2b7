import type { Report } from "../fixture.js";
import type { Decoder } from "../report.js";

export type Fields = Record<string, unknown>;
export type On = (report: Report) => void;

const limit = 65_536;
const empty = new Uint8Array(0);

/**
 * Protocol 1 as plainly as it can be written, without a line of src/: the slow, obvious decoder
 * that a port's author would begin with. It passes every case; each class beside it overrides one
 * method and is wrong in one way.
 */
export class PlainDecoder implements Decoder {
  protected held: Uint8Array = empty;
  protected heldBytes = 0;

  push(chunk: Uint8Array, on: On): void {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      this.hold(chunk.subarray(start, end));
      this.finish((line) => this.takeLine(line, on));
      start = end + 1;
    }
    this.hold(chunk.subarray(start));
  }

  end(on: On): void {
    this.finish((line) => this.takeRemainder(line, on));
  }

  /**
   * Keeps bytes of an unfinished line; of one that is too long it keeps two bytes more than are
   * allowed.
   */
  protected hold(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, Math.max(0, limit + 2 - this.heldBytes));
    if (this.heldBytes + kept.length > this.held.length) {
      const grown = new Uint8Array(2 * (this.heldBytes + kept.length));
      grown.set(this.held.subarray(0, this.heldBytes));
      this.held = grown;
    }
    this.held.set(kept, this.heldBytes);
    this.heldBytes += kept.length;
  }

  protected finish(take: (line: Uint8Array) => void): void {
    const line = this.held.slice(0, this.heldBytes);
    this.heldBytes = 0;
    take(this.stripCr(line));
  }

  protected stripCr(line: Uint8Array): Uint8Array {
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }

  protected takeLine(line: Uint8Array, on: On): void {
    if (this.isTooLong(line)) on({ rejected: "line_too_long" });
    else if (!this.isBlank(line)) on(this.judge(line));
  }

  protected takeRemainder(line: Uint8Array, on: On): void {
    if (this.isTooLong(line)) on({ rejected: "line_too_long" });
    else if (!this.isBlank(line)) on(this.isObject(line) ? this.judge(line) : { rejected: "truncated" });
  }

  protected isTooLong(line: Uint8Array): boolean {
    return line.length > limit;
  }

  protected isBlank(line: Uint8Array): boolean {
    return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
  }

  protected isObject(line: Uint8Array): boolean {
    const text = this.textOf(line);
    return text !== undefined && isFields(this.parse(text));
  }

  protected judge(line: Uint8Array): Report {
    const text = this.textOf(line);
    if (text === undefined) return { rejected: "invalid_utf8" };
    const value = this.parse(text);
    if (value === undefined) return { rejected: "invalid_json" };
    if (!isFields(value)) return { rejected: "not_an_object" };
    if (this.isTooDeep(text, value)) return { rejected: "too_deep" };
    return this.read(value);
  }

  protected textOf(line: Uint8Array): string | undefined {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
    } catch {
      return undefined;
    }
  }

  protected parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  protected isTooDeep(text: string, _value: Fields): boolean {
    let depth = 0;
    for (const bracket of text.replace(/"(?:[^"\\]|\\.)*"/g, "").match(/[[\]{}]/g) ?? []) {
      depth += bracket === "[" || bracket === "{" ? 1 : -1;
      if (depth > 64) return true;
    }
    return false;
  }

  protected typeOf(fields: Fields): unknown {
    return fields["type"];
  }

  protected read(fields: Fields): Report {
    const type = this.typeOf(fields);
    if (typeof type !== "string") return { rejected: "missing_type" };
    const table = tables.get(type);
    if (table === undefined) return this.unknownType(type);
    const message: Fields = { type };
    for (const { field, required, check } of table) {
      const value = this.valueOf(fields, field, check);
      if (value === undefined && !required) continue;
      if (!this[check](value)) return this.badField(field);
      message[field] = value;
    }
    if (type === "register") message["features"] ??= {};
    return { message };
  }

  protected valueOf(fields: Fields, field: string, _check: Check): unknown {
    return fields[field] ?? undefined;
  }

  protected unknownType(_type: string): Report {
    return { rejected: "unknown_type" };
  }

  protected badField(field: string): Report {
    return { rejected: "invalid_field", field };
  }

  isChannel(value: unknown): boolean {
    return this.isText(value, 128) && value !== "." && value !== "..";
  }

  isCode(value: unknown): boolean {
    return typeof value === "string" && /^[a-z0-9_]{1,64}$/.test(value);
  }

  isName(value: unknown): boolean {
    return this.isText(value, 256);
  }

  protected isText(value: unknown, longest: number): value is string {
    if (typeof value !== "string" || this.hasControls(value) || this.hasLoneSurrogates(value)) return false;
    return value !== "" && this.lengthOf(value) <= longest;
  }

  protected hasControls(text: string): boolean {
    return /\p{Control}/u.test(text);
  }

  protected hasLoneSurrogates(text: string): boolean {
    return /\p{Surrogate}/u.test(text);
  }

  protected lengthOf(text: string): number {
    return [...text].length;
  }

  isPid(value: unknown): boolean {
    return Number.isInteger(value) && Number(value) >= 1 && Number(value) < 2 ** 32;
  }

  isCount(value: unknown): boolean {
    return Number.isSafeInteger(value) && Number(value) >= 0;
  }

  isNumber(value: unknown): boolean {
    return Number.isFinite(value);
  }

  isAmount(value: unknown): boolean {
    return this.isNumber(value) && Number(value) >= 0;
  }

  isInterval(value: unknown): boolean {
    return this.isNumber(value) && Number(value) > 0;
  }

  isFeatures(value: unknown): boolean {
    if (!isFields(value)) return false;
    const pairs = Object.entries(value);
    return pairs.length <= 256 && pairs.every(([name, on]) => this.isFeatureName(name) && this.isFlag(on));
  }

  protected isFeatureName(name: string): boolean {
    return name !== "" && this.lengthOf(name) <= 128 && !this.hasLoneSurrogates(name);
  }

  protected isFlag(value: unknown): boolean {
    return typeof value === "boolean";
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type Check =
  | "isChannel"
  | "isName"
  | "isCode"
  | "isPid"
  | "isCount"
  | "isNumber"
  | "isAmount"
  | "isInterval"
  | "isFeatures";

interface Row {
  field: string;
  required: boolean;
  check: Check;
}

/** The table of chapter 4; a question mark makes a field optional. */
function table(...rows: string[]): Row[] {
  return rows.map((row) => {
    const [field = "", check] = row.split(" ");
    return { field: field.replace("?", ""), required: !field.endsWith("?"), check: check as Check };
  });
}

const tables = new Map<string, Row[]>([
  [
    "register",
    table(
      "channel isChannel",
      "pid isPid",
      "features? isFeatures",
      "version? isName",
      "started_at? isNumber",
      "interval_s? isInterval",
      "trouble? isName",
      "ts? isNumber",
    ),
  ],
  [
    "heartbeat",
    table(
      "channel isChannel",
      "pid isPid",
      "rss_mb? isAmount",
      "cpu_pct? isAmount",
      "dropped? isCount",
      "started_at? isNumber",
      "interval_s? isInterval",
      "trouble? isName",
      "ts? isNumber",
    ),
  ],
  ["unregister", table("channel isChannel", "pid isPid", "ts? isNumber")],
  [
    "llm_usage",
    table(
      "channel isChannel",
      "model isName",
      "feature isName",
      "tokens_in isCount",
      "tokens_out isCount",
      "latency_ms? isAmount",
      "provider? isName",
      "tokens_cached? isCount",
      "tokens_cache_write? isCount",
      "cost_usd? isAmount",
      "error? isCode",
      "ts? isNumber",
    ),
  ],
  ["custom_metric", table("channel isChannel", "metric_name isName", "value isNumber", "ts? isNumber")],
]);
