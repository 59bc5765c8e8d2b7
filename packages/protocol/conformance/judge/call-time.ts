import { blockedCallMs, longestCallMs, longestP99Ms, slowCalls } from "../limits.js";
import type { Judgement, WireEvent } from "../wire.js";

/** Of more calls than these in a burst, the slowest three say nothing. */
const manyCalls = 5_000;

/** Calls of a burst that say what one in a hundred took. */
const enoughCalls = 1_000;

/**
 * How long the calls took of which the rule speaks: those while a connection was open [C-2], or
 * those while none was [C-12]. One slow call may be the machine's doing; one of half a second, or
 * several, are the client's. Time for which the process had no processor is never the client's.
 */
export function judgeCalls(wire: readonly WireEvent[], rule: "C-2" | "C-12", when: string): Judgement {
  const open = new Set<number>();
  let calls = 0;
  let slow = 0;
  let longest = 0;
  /** By how much the call that waited longest, and not for a processor, has passed its limit. */
  let blockedByMs: number | undefined;
  let slowByMs = 0;
  let lateMs = 0;
  let lateByMs = Number.NEGATIVE_INFINITY;
  /** Of the bursts that have enough calls for one. */
  let p99: number | undefined;
  /** The middle of the calls of the largest burst. */
  let p50: number | undefined;
  let most = 0;
  for (const one of wire) {
    if (one.event === "accepted") open.add(one.connection);
    if (one.event === "ended" && one.how !== "half") open.delete(one.connection);
    if (!("took_ms" in one) || one.event === "closed") continue;
    if (open.size > 0 !== (rule === "C-2")) continue;
    calls += "count" in one ? one.count : 1;
    longest = Math.max(longest, one.took_ms);
    const ownMs = one.took_ms - (one.starved_ms ?? 0);
    const isBurst = "count" in one;
    // Of one call it is known how long it waited for a processor; of a burst only of all together.
    if (one.took_ms >= blockedCallMs && (isBurst || ownMs > longestCallMs))
      blockedByMs = Math.max(blockedByMs ?? Number.NEGATIVE_INFINITY, ownMs - blockedCallMs);
    // Of a great many calls some are slow on any busy machine: their share counts.
    if (ownMs > longestCallMs && !(isBurst && one.count > manyCalls)) {
      slow++;
      slowByMs = Math.max(slowByMs, ownMs - longestCallMs);
    }
    if (one.event === "burst" && one.count > most) {
      most = one.count;
      p50 = one.p50_ms;
    }
    if (one.event !== "burst") continue;
    if (one.count >= enoughCalls && one.p99_ms !== undefined) p99 = Math.max(p99 ?? 0, one.p99_ms);
    // Of few calls one in a hundred is a single one, or none.
    const mostMs = one.count >= enoughCalls ? one.p99_ms : one.p50_ms;
    if (mostMs === undefined || mostMs <= longestP99Ms) continue;
    lateMs = Math.max(lateMs, mostMs);
    lateByMs = Math.max(lateByMs, mostMs - longestP99Ms - (one.starved_ms ?? 0));
  }
  if (calls === 0) return { rule, outcome: "not_exercised", detail: `no call was made ${when}` };
  const grown = grownBytes(wire);
  const measured = {
    calls,
    longest_ms: longest,
    ...(p50 === undefined ? {} : { p50_ms: p50 }),
    ...(p99 === undefined ? {} : { p99_ms: p99 }),
    ...(grown === undefined ? {} : { grown_bytes: grown }),
  };
  const fail = (what: string, excessMs: number): Judgement => ({
    rule,
    outcome: "fail",
    detail: `${what} ${when}`,
    measured,
    excessMs,
  });
  if (blockedByMs !== undefined) return fail(`a call took ${Math.round(longest)} ms`, blockedByMs);
  if (slow >= slowCalls) return fail(`${slow} calls took more than ${longestCallMs} ms`, slowByMs);
  if (lateMs > 0) return fail(`of 100 calls one took more than ${lateMs.toFixed(1)} ms`, lateByMs);
  return {
    rule,
    outcome: "pass",
    detail: `the longest of ${calls} calls took ${longest.toFixed(1)} ms`,
    measured,
  };
}

/** What the last bursts between two looks added to the memory of the process. */
function grownBytes(wire: readonly WireEvent[]): number | undefined {
  const looks = wire.flatMap((one, i) => (one.event === "rss" ? [{ i, bytes: one.bytes }] : []));
  const [before, after] = looks.slice(-2);
  if (before === undefined || after === undefined) return undefined;
  const isBurst = wire.slice(before.i, after.i).some(({ event }) => event === "burst");
  return isBurst ? after.bytes - before.bytes : undefined;
}
