import { partsOf, unquoted } from "./bot-query.js";
import type { Counts } from "./worst-first.js";

/** The bots of other hosts; `unknown` where their host does not say how they are. */
export type OtherCounts = Readonly<Record<"online" | "stale" | "dead" | "offline" | "unknown", number>>;

/**
 * The bots of all hosts. Whether one of another host crashes or claims a channel is not told here.
 */
export type WholeCounts = Counts & { readonly unknown: number };

const statuses = ["online", "stale", "dead", "offline", "unknown"] as const;

/** `others`: null where there is no other host. */
export function wholeCountsOf(own: Counts, others: OtherCounts | null): WholeCounts {
  const counts = { ...own, unknown: 0 };
  if (others !== null) for (const status of statuses) counts[status] += others[status];
  return counts;
}

/** The bots of all hosts less those of this one, each by how many there are of a status. */
export function otherCountsOf(count: (status: keyof OtherCounts) => number): OtherCounts {
  return Object.fromEntries(statuses.map((status) => [status, Math.max(0, count(status))])) as OtherCounts;
}

/** What of a search the monitor can answer for all hosts. */
export interface FleetSearch {
  /** Of the API's list of bots. */
  readonly parameters: string;
  /** Whether it has parts that only the page itself understands, for its own bots. */
  readonly isPart: boolean;
}

/** Words are searched in channels; `status:` and the chosen status are those of the API. */
export function fleetSearchOf(query: string, status: string): FleetSearch {
  const words: string[] = [];
  const wanted = status === "" ? [] : [status];
  let isPart = false;
  for (const part of partsOf(query)) {
    if (part.startsWith("status:")) wanted.push(unquoted(part.slice(7)));
    else if (/^-|^\w+[:<>=]/.test(part)) isPart = true;
    else words.push(encodeURIComponent(unquoted(part)));
  }
  const known = wanted.filter((one) => (statuses as readonly string[]).includes(one));
  // The API takes one text: the longest word says the most.
  const [word = ""] = words.sort((a, b) => b.length - a.length);
  return {
    parameters: (known.length > 0 ? `&status=${known}` : "") + (word && `&search=${word}`),
    isPart: isPart || words.length > 1 || known.length < wanted.length,
  };
}
