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
  // A client may stop its bound from growing anywhere above the least, but not below a pause of
  // its.
  const reachedMs = Math.max(briefBoundMs, ...pauses.map(({ ms }) => ms));
  const reachedBoundMs = (failures: number) => Math.min(reachedMs, boundMsAfter(failures));
  // Once the bound no longer grows, they may lie together though those before did not.
  const ends = pauses.map((_, from) => pauses.slice(from)).filter(({ length }) => length >= fewestPauses);
  return ends.some((end) => chanceOfTogether(end, reachedBoundMs) * ends.length < unlikely);
}

/** At most so likely chance puts the pauses, or their shares, into one range as small as theirs. */
function chanceOfTogether(pauses: readonly Pause[], boundMsOf: (failures: number) => number): number {
  const chanceBy = (lengthOf: (failures: number) => number) => {
    const range = rangeOf(pauses.map(({ ms, failures }) => ms / lengthOf(failures)));
    // Times are whole milliseconds.
    const inRange = ({ failures }: Pause) => (range * lengthOf(failures) + 1) / boundMsOf(failures);
    return pauses.slice(1).reduce((chance, pause) => chance * Math.min(1, inRange(pause)), pauses.length);
  };
  return Math.min(...[() => 1, boundMsAfter, boundMsOf].map(chanceBy));
}

const rangeOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

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
