import { performance } from "node:perf_hooks";

/*
 * Taken when the package is loaded: a bot's tests may replace the clocks afterwards. What was
 * replaced before may return anything, or throw; then the time is unknown, which is never a reason
 * not to report.
 */

const wallMs = globalThis.Date?.now;
const { now } = performance;

/** Milliseconds of a clock that only goes forward; NaN if it fails. */
export function monotonicMs(): number {
  try {
    return Number(now.call(performance));
  } catch {
    return Number.NaN;
  }
}

/** Now, in Unix milliseconds; undefined if the clock fails. */
export function timestamp(): number | undefined {
  try {
    return timeOrUnknown(wallMs());
  } catch {
    return undefined;
  }
}

/**
 * When this process began, in Unix milliseconds, a whole number: with the pid it tells one process
 * from every other. It is the same in every thread and every copy of this package, and does not
 * change when the clock is set.
 */
export const processStartedAt: number | undefined = timeOrUnknown(Math.round(performance.timeOrigin));

function timeOrUnknown(ms: unknown): number | undefined {
  return typeof ms === "number" && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER ? ms : undefined;
}
