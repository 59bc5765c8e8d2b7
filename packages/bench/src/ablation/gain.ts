import { medianOf } from "../median.js";

/** How much more something takes without a trick, as a share of what it takes with it. */
export interface Gain {
  readonly median: number;
  /** Between these the true median is, with a probability of 96 % for nine pairs. */
  readonly least: number;
  readonly most: number;
}

/** A trick that is worth less than this, at most, goes. */
export const leastGain = 0.05;

/** Memory that is saved counts from here on: two monitors of one build differ by less. */
export const leastSavedMb = 10;

/** Pairs below this number have no such bounds: then they are the least and the most. */
const pairsForBounds = 9;

/**
 * Pair by pair. The bounds leave out one pair on either side: of nine values of any distribution,
 * the second and the eighth enclose the median with a probability of 96 %.
 */
export function gainOf(withTrick: readonly number[], without: readonly number[]): Gain {
  const gains = withTrick.map((value, i) => (without[i] as number) / value - 1).sort((a, b) => a - b);
  const { median } = medianOf(gains);
  const outermost = gains.length < pairsForBounds ? 0 : 1;
  return { median, least: gains.at(outermost) as number, most: gains.at(-1 - outermost) as number };
}

/** What a trick is there for, by what was measured. `also`: what else it is for. */
export function worthOf({ least, most }: Gain, savedMb: number, also?: string): string {
  const reasons: string[] = [];
  if (least > 0) reasons.push("its gain");
  if (savedMb >= leastSavedMb) reasons.push("its memory");
  if (also !== undefined) reasons.push(also);
  if (reasons.length > 0) return reasons.join("; ");
  return most < leastGain ? "nothing" : "not shown";
}
