import type { ProbeResult } from "./probe-result.js";
import { isResultOf, type KnownProcess } from "./process-identity.js";

/** What a decision needs to know of the process whose place another one takes. */
export interface Predecessor extends KnownProcess {
  readonly processSeen: boolean;
  readonly startKey: number | null;
  /** It keeps a connection open over which it was heard. */
  readonly isConnected: boolean;
}

/**
 * `lives`: the process before still lives, as it does where two deploys overlap. `gone` and
 * `reused`: it ended without a goodbye, and its pid is free or another process's.
 *
 * The look decides, where it shows the process itself. Else it may live in another pid namespace:
 * an open connection proves that, and without one its successor counts as the proof of its end.
 */
export type Fate = "lives" | "gone" | "reused";

export function judgePredecessor(before: Predecessor, result: ProbeResult): Fate {
  if (result.state === "alive" && isProcess(before, result)) return "lives";
  if (before.processSeen && result.state !== "unknown") return result.state === "gone" ? "gone" : "reused";
  return before.isConnected ? "lives" : "gone";
}

function isProcess(before: Predecessor, result: ProbeResult): boolean {
  const { processSeen, startKey } = before;
  // Which process it is cannot be told here: it may be this one.
  if (result.startedAtMs === null && result.startKey === null) return true;
  if (!processSeen || startKey === null || result.startKey === null) return isResultOf(before, result);
  return result.startKey === startKey;
}
