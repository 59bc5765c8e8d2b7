import { briefBoundMs, fewestPauses, firstBoundMs, longestBoundMs, unlikely } from "./limits.js";

/** How long a client waited before it connected again, and after how many failures in a row. */
export interface Pause {
  readonly ms: number;
  readonly failures: number;
}

/** The bound of a pause after `failures` failures in a row [C-5]. */
export function boundMsAfter(failures: number): number {
  return Math.min(longestBoundMs, firstBoundMs * 2 ** Math.max(0, failures - 1));
}

/** The bound that a client must let grow at least. */
function leastBoundMsAfter(failures: number): number {
  return Math.min(briefBoundMs, boundMsAfter(failures));
}

/**
 * What shows that the pauses are not random below a bound that grows; undefined if nothing does.
 */
export function faultOfPauses(pauses: readonly Pause[]): string | undefined {
  const quick = quickness(pauses);
  if (quick > 0) return `${quick} attempts follow one another at once`;
  if (pauses.length < fewestPauses) return undefined;
  if (neverShort(pauses)) return "no pause is short: its random part does not begin at 0";
  if (isRegular(pauses)) return "the pauses follow a rule, and chance has no part in them";
  return grows(pauses) ? undefined : "the bound of the pauses does not grow";
}

/**
 * How many pauses are too short together to be chance; 0 if none are. The shares of their bounds
 * are independent and uniform, so a sum of at most x <= 1 has the probability x^n / n!.
 */
function quickness(pauses: readonly Pause[]): number {
  let sum = 0;
  let chance = 1;
  for (const [i, { ms, failures }] of pauses.entries()) {
    // Times are whole milliseconds, so a pause of 0 ms may have been almost one.
    sum += Math.min(1, (Math.max(0, ms) + 1) / leastBoundMsAfter(failures));
    chance /= i + 1;
    if (sum < 1 && chance * sum ** (i + 1) < unlikely) return i + 1;
  }
  return 0;
}

/** Whether the pauses, or their shares of a bound, all lie next to each other. */
function isRegular(pauses: readonly Pause[]): boolean {
  const ms = pauses.map((pause) => pause.ms);
  // A client may stop its bound from growing anywhere above the least, but not below a pause of
  // its.
  const reachedMs = Math.max(briefBoundMs, ...ms);
  const bounds = pauses.map(({ failures }) => boundMsAfter(failures));
  const reachedBounds = bounds.map((boundMs) => Math.min(reachedMs, boundMs));
  const units = [ms.map(() => 1), bounds, reachedBounds];
  // Once the bound no longer grows, they may lie together though those before did not.
  const ends = pauses.length - fewestPauses + 1;
  for (let from = 0; from < ends; from++) {
    const chances = units.map((unit) => chanceOfTogether(ms, unit, reachedBounds, from));
    if (Math.min(...chances) * ends < unlikely) return true;
  }
  return false;
}

/**
 * At most so likely chance puts the pauses from one of them on, each as a part of its unit, into
 * one range as small as theirs. In loops: there are many ends, and each is looked at whole.
 */
function chanceOfTogether(
  ms: readonly number[],
  units: readonly number[],
  bounds: readonly number[],
  from: number,
): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = from; i < ms.length; i++) {
    const part = (ms[i] as number) / (units[i] as number);
    if (part < least) least = part;
    if (part > most) most = part;
  }
  const range = most - least;
  let chance = ms.length - from;
  // Times are whole milliseconds.
  for (let i = from + 1; i < ms.length; i++)
    chance *= Math.min(1, (range * (units[i] as number) + 1) / (bounds[i] as number));
  return chance;
}

/** Whether the longest of the pauses whose bound has grown can come of chance. */
function grows(pauses: readonly Pause[]): boolean {
  const grown = pauses.filter(({ failures }) => leastBoundMsAfter(failures) === briefBoundMs);
  const longest = Math.max(0, ...grown.map(({ ms }) => ms)) / briefBoundMs;
  return longest >= 1 || longest ** grown.length >= unlikely;
}

/** Of fewer pauses a client that acts only when it is called may have none that is short. */
const manyPauses = 15;

/** Up to this number of failures, every client has the same bound. */
const certainFailures = 4;

/** Whether all pauses are a good part of their bound, of which chance makes some short. */
function neverShort(pauses: readonly Pause[]): boolean {
  const shares = pauses
    .filter(({ failures }) => failures <= certainFailures)
    .map(({ ms, failures }) => Math.min(1, ms / boundMsAfter(failures)));
  const least = Math.min(1, ...shares);
  return shares.length >= manyPauses && (1 - least) ** shares.length < unlikely;
}
