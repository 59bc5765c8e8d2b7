import { matchesGlob } from "./glob.js";
import type { Level } from "./result.js";

export interface Selection {
  /** The least demand that is run: `must` alone, or `should` or `may` as well. */
  readonly level: Level;
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

const demands: readonly Level[] = ["must", "should", "may"];

/** Whether a failure of a check of this level fails the run. */
export const isDemanded = (level: Level, selection: Selection): boolean =>
  demands.indexOf(level) <= demands.indexOf(selection.level);

export function isSelected(id: string, { only, skip }: Selection): boolean {
  if (skip.some((pattern) => matchesGlob(pattern, id))) return false;
  return only.length === 0 || only.some((pattern) => matchesGlob(pattern, id));
}

/** Whether version `1.minor` is later than another of the same protocol. */
export function isLater(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}
