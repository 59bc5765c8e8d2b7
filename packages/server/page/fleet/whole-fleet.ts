import type { Counts } from "./worst-first.js";

/** The bots of other hosts; `unknown` where their host does not say how they are. */
export type OtherCounts = Readonly<Record<"online" | "stale" | "dead" | "offline" | "unknown", number>>;

/**
 * The bots of all hosts. Whether one of another host crashes or claims a channel is not told here.
 */
export type WholeCounts = Counts & { readonly unknown: number };

/** `others`: null where there is no other host. */
export function wholeCountsOf(own: Counts, others: OtherCounts | null): WholeCounts {
  if (others === null) return { ...own, unknown: 0 };
  return {
    ...own,
    dead: own.dead + others.dead,
    stale: own.stale + others.stale,
    offline: own.offline + others.offline,
    online: own.online + others.online,
    unknown: others.unknown,
  };
}

/** What of a search the monitor can answer for all hosts. */
export interface FleetSearch {
  /** Of the API's list of bots. */
  readonly parameters: string;
  /** Whether it has parts that only the page itself understands, for its own bots. */
  readonly isPart: boolean;
}

const statuses: readonly string[] = ["online", "stale", "dead", "offline", "unknown"];

/** Words are searched in channels; `status:` and the chosen status are those of the API. */
export function fleetSearchOf(query: string, status: string): FleetSearch {
  const words: string[] = [];
  const wanted = new Set<string>();
  let isPart = false;
  for (const [part] of query.matchAll(/-?(?:\w+:)?"[^"]*"?|\S+/g)) {
    const named = /^status:"?([^"]+)"?$/i.exec(part)?.[1]?.toLowerCase();
    if (named !== undefined && statuses.includes(named)) wanted.add(named);
    else if (/^-|^\w+(?::|[<>]=?|=)./.test(part)) isPart = true;
    else words.push(part.replace(/^"|"$/g, ""));
  }
  if (statuses.includes(status)) wanted.add(status);
  else if (status !== "") isPart = true;
  const parameters = words.filter((word) => word !== "").map((word) => `&search=${encodeURIComponent(word)}`);
  // The API takes one text: the longest word says the most.
  const [search = ""] = parameters.sort((a, b) => b.length - a.length);
  if (parameters.length > 1) isPart = true;
  return { parameters: `${wanted.size === 0 ? "" : `&status=${[...wanted].join(",")}`}${search}`, isPart };
}
