import { isPlainObject } from "./features.js";

/** What a field wants: a text for a programmer, and whether a value is at least of the right kind. */
export interface Expectation {
  readonly text: string;
  readonly kind: (value: unknown) => boolean;
}

const isString = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";

const name = { text: "1 to 256 code points, no control characters, well-formed Unicode", kind: isString };
const count = { text: "an integer from 0 to 9007199254740991", kind: isNumber };
const amount = { text: "a finite number, at least 0", kind: isNumber };
const finite = { text: "a finite number", kind: isNumber };

const expectations: Record<string, Expectation> = {
  message: { text: "an object", kind: () => false },
  type: { text: "a message of protocol 1", kind: () => false },
  channel: {
    text: "1 to 128 code points, no control characters, well-formed Unicode, neither . nor ..",
    kind: isString,
  },
  pid: { text: "an integer from 1 to 4294967295", kind: isNumber },
  features: { text: "at most 256 names of 1 to 128 code points, each true or false", kind: isPlainObject },
  interval_s: { text: "a finite number above 0", kind: isNumber },
  tokens_in: count,
  tokens_out: count,
  tokens_cached: count,
  dropped: count,
  rss_mb: amount,
  cpu_pct: amount,
  latency_ms: amount,
  cost_usd: amount,
  value: finite,
  started_at: finite,
  ts: finite,
};

/** The expectation of a field of protocol 1; those that are not listed are names. */
export function expectationOf(field: string): Expectation {
  return expectations[field] ?? name;
}

/** A value in a message for a programmer, shortened; never throws, whatever the value is. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 40 ? `a string of ${value.length} UTF-16 units` : JSON.stringify(value);
  }
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null) {
    return `${value}`;
  }
  return `a value of type ${typeof value}`;
}
