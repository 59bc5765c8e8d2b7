import { isSightOf, type KnownProcess } from "./process-identity.js";
import type { Sight } from "./sight.js";

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

export function judgePredecessor(before: Predecessor, sight: Sight): Fate {
  if (sight.state === "alive" && isProcess(before, sight)) return "lives";
  if (before.processSeen && sight.state !== "unknown") return sight.state === "gone" ? "gone" : "reused";
  return before.isConnected ? "lives" : "gone";
}

function isProcess(before: Predecessor, sight: Sight): boolean {
  const { processSeen, startKey } = before;
  // Which process it is cannot be told here: it may be this one.
  if (sight.startedAtMs === null && sight.startKey === null) return true;
  if (!processSeen || startKey === null || sight.startKey === null) return isSightOf(before, sight);
  return sight.startKey === startKey;
}
