import { type FleetSource, fleetSources } from "../fleet-source.js";
import { countMissing, type Ranges } from "../ranges.js";
import type { OpeningRange } from "../sqlite/read/openings.js";

/** By source and opening. */
export type SeenRanges = Map<string, Ranges>;

export const keyOf = (source: FleetSource, opening: number) => `${source} ${opening}`;

/** How many ids of each source the receiver lacks, as far as its ranges are known. */
export function waitingIds(
  openings: Readonly<Record<FleetSource, readonly OpeningRange[]>>,
  seen: ReadonlyMap<string, Ranges>,
): Readonly<Record<FleetSource, number>> {
  const count = (source: FleetSource) =>
    openings[source].reduce(
      (sum, one) => sum + countMissing(seen.get(keyOf(source, one.opening)) ?? [], one),
      0,
    );
  return Object.fromEntries(fleetSources.map((source) => [source, count(source)])) as Record<
    FleetSource,
    number
  >;
}
