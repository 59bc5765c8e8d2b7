import { maxPid } from "./limit.js";

/*
 * JSON has one kind of number, and so has this protocol: an IEEE 754 double [J-7]. `4242.0` is an
 * integer, `1e400` is Infinity and thus never valid, and `true` is no number.
 */

export function isPid(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= maxPid;
}

/** An integer from 0 to 2^53 - 1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Finite and at least 0. */
export function isAmount(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0;
}

/** Finite and above 0: how often something happens, in seconds. */
export function isInterval(value: unknown): value is number {
  return isFiniteNumber(value) && value > 0;
}
