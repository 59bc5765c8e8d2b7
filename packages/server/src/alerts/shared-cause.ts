import type { SharedCause } from "./notice.js";
import { eachOf, type Work } from "./work.js";

/** A bot as it is compared with the others. */
export interface Comparable {
  readonly channel: string;
  readonly version: string | null;
  readonly pid: number;
  readonly startedAtMs: number | null;
}

const dimensions: readonly (readonly [name: string, read: (bot: Comparable) => string | null])[] = [
  // Among equal causes, the narrowest is the most informative.
  ["process", ({ pid, startedAtMs }) => (startedAtMs === null ? null : `pid ${pid}`)],
  ["version", ({ version }) => version],
  ["prefix", ({ channel }) => (channel.includes("/") ? channel.slice(0, channel.indexOf("/") + 1) : null)],
];

const fewest = 3;
const shareOfAffected = 0.9;
const shareOfGroup = 0.8;

/**
 * The value that at least nine of ten affected bots share, and of whose bots at least eight of ten
 * are affected; null if there is none, or if it covers the whole fleet.
 */
export function* sharedCauseOf(
  affected: ReadonlySet<string>,
  fleet: Iterable<Comparable>,
): Work<SharedCause | null> {
  if (affected.size < fewest) return null;
  const counts = dimensions.map(() => new Map<string, { affected: number; of: number }>());
  let all = 0;
  let found = 0;
  yield* eachOf(fleet, (bot) => {
    const isAffected = affected.has(bot.channel);
    all++;
    if (isAffected) found++;
    for (const [at, [, read]] of dimensions.entries()) {
      const value = read(bot);
      if (value === null) continue;
      const byValue = counts[at] as Map<string, { affected: number; of: number }>;
      const count = byValue.get(value);
      if (count === undefined) byValue.set(value, { affected: isAffected ? 1 : 0, of: 1 });
      else {
        count.of++;
        if (isAffected) count.affected++;
      }
    }
  });
  let best: SharedCause | null = null;
  let bestProduct = 0;
  for (const [at, [dimension]] of dimensions.entries()) {
    yield* eachOf(counts[at] as Map<string, { affected: number; of: number }>, ([value, count]) => {
      if (count.affected < fewest) return;
      // What all bots have in common explains nothing, except one process.
      if (count.of === all && dimension !== "process") return;
      const ofAffected = count.affected / found;
      const ofGroup = count.affected / count.of;
      if (ofAffected < shareOfAffected || ofGroup < shareOfGroup) return;
      if (ofAffected * ofGroup <= bestProduct) return;
      bestProduct = ofAffected * ofGroup;
      best = {
        dimension,
        value,
        ...count,
        othersAffected: found - count.affected,
        others: all - count.of,
      };
    });
  }
  return best;
}
