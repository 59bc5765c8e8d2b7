import { StoreError } from "./error.js";
import { maxTimestampMs } from "./timestamp.js";

/** A stretch of time, its end not included. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Throws `invalid_query` unless both are times and the period is not empty. Fractions are cut off.
 */
export function periodOf(query: Period): Period {
  const fromMs = timeOf("fromMs", query.fromMs);
  const toMs = timeOf("toMs", query.toMs);
  if (fromMs >= toMs) throw new StoreError("invalid_query", "fromMs must be before toMs");
  return { fromMs, toMs };
}

export function timeOf(field: string, value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= maxTimestampMs)) {
    throw new StoreError("invalid_query", `${field}: expected Unix milliseconds up to the year 9999`);
  }
  return Math.trunc(value);
}

/** An integer of a query within its bounds, or its default. */
export function integerOf(field: string, value: unknown, fallback: number, max: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
    throw new StoreError("invalid_query", `${field}: expected an integer from 1 to ${max}`);
  }
  return value as number;
}

export function textOf(field: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new StoreError("invalid_query", `${field}: expected a string`);
}

/**
 * A period cut at whole units: the middle can be read from rollups, the edges can not. Either may
 * be empty.
 */
export interface CutPeriod {
  readonly head: Period;
  readonly middle: Period;
  readonly tail: Period;
}

export function cutPeriod({ fromMs, toMs }: Period, unitMs: number): CutPeriod {
  const first = Math.min(Math.ceil(fromMs / unitMs) * unitMs, toMs);
  const last = Math.max(Math.floor(toMs / unitMs) * unitMs, first);
  return {
    head: { fromMs, toMs: first },
    middle: { fromMs: first, toMs: last },
    tail: { fromMs: last, toMs },
  };
}
