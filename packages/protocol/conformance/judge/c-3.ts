import { mostGrownBytes } from "../limits.js";
import { type RowArrival, type Rows, rowsOf } from "../rows.js";
import type { Judge, Judgement, Start, WireEvent } from "../wire.js";
import { replacedState } from "./replaced-state.js";

/** What the kernel may hold of a connection, at most. */
const kernelBytes = 1_048_576;
/** What the last of several bursts may add to the memory of the process. */
const settledBytes = 4 * 1_048_576;

/**
 * [C-3]: what waits is bounded in lines and bytes, the oldest rows are dropped, and of states the
 * newest waits. Seen from outside: rows that were called while no connection was open must have
 * waited, and so must those behind a gap of a connection that stood still.
 */
export const judgeC3: Judge = (wire) => {
  const start = wire.find((one) => one.event === "start");
  const bounds: Start = start?.event === "start" ? start : {};
  const rows = rowsOf(wire);
  const waits = [...awayWaits(wire, rows), ...frozenWaits(wire, rows)];
  let isExercised = false;
  let most = 0;
  for (const wait of waits) {
    const fault = faultOfWait(wait, bounds);
    if (fault !== undefined)
      return { rule: "C-3", outcome: "fail", detail: fault, measured: { waited: wait.came.length } };
    isExercised ||=
      wait.asked > (bounds.max_lines ?? Number.POSITIVE_INFINITY) || wait.came.length < wait.asked;
    most = Math.max(most, wait.came.length);
  }
  const replaced = replacedState(wire);
  if (replaced !== undefined) return { rule: "C-3", outcome: "fail", detail: replaced };
  const growth = growthOverBursts(wire);
  if (growth?.isTooMuch) return grownTooMuch(growth.bytes);
  if (!isExercised && growth === undefined)
    return { rule: "C-3", outcome: "not_exercised", detail: "no more rows were called for than may wait" };
  const measured = { waited: most, ...(growth === undefined ? {} : { grown_bytes: growth.bytes }) };
  return {
    rule: "C-3",
    outcome: "pass",
    detail: isExercised ? `at most ${most} rows had waited` : "the process does not grow",
    measured,
  };
};

function grownTooMuch(bytes: number): Judgement {
  const detail = `the process grew by ${(bytes / 1_048_576).toFixed(1)} MiB over a burst of which nothing was taken`;
  return {
    rule: "C-3",
    outcome: "fail",
    detail,
    excessMs: Number.POSITIVE_INFINITY,
    measured: { grown_bytes: bytes },
  };
}

/** Rows that can only have come because they had waited. */
interface Wait {
  /** How many were called for. */
  readonly asked: number;
  /** The number of the newest call. */
  readonly newest: number;
  readonly came: readonly RowArrival[];
  /** What of them may have lain in the kernel instead. */
  readonly slackBytes: number;
  /** Whether the newest must have come by now. */
  readonly isOver: boolean;
}

function faultOfWait(wait: Wait, { max_lines, max_bytes }: Start): string | undefined {
  const { came, newest, slackBytes } = wait;
  if (came.length === 0) return undefined;
  const bytes = came.reduce((sum, { line }) => sum + Buffer.byteLength(line) + 1, 0);
  const longest = Math.max(...came.slice(0, 1_000).map(({ line }) => line.length + 1));
  const mostLines = (max_lines ?? Number.POSITIVE_INFINITY) + 1 + Math.ceil(slackBytes / longest);
  if (came.length > mostLines) return `${came.length} rows had waited, where the bound is ${max_lines} lines`;
  if (max_bytes !== undefined && bytes > max_bytes + longest + slackBytes)
    return `${bytes} bytes of rows had waited, where the bound is ${max_bytes} bytes`;
  if (!wait.isOver) return undefined;
  const calls = came.map(({ call }) => call as number).sort((one, other) => one - other);
  const [first = 0, last = 0] = [calls[0], calls.at(-1)];
  if (last < newest) return `of the rows that had waited the newest, call ${newest}, was dropped`;
  const holes = last - first + 1 - new Set(calls).size;
  return holes > 0
    ? `of the rows that had waited ${holes} newer ones were dropped before older ones`
    : undefined;
}

/**
 * Rows that were called while no connection was open. Not those that were called while a monitor
 * listened: the kernel connects a client before the monitor accepts it, so they may lie there.
 */
function awayWaits(wire: readonly WireEvent[], rows: Rows): Wait[] {
  const open = new Set<number>();
  const spans: { from: number; to: number; endMs: number }[] = [];
  let from: number | undefined;
  /** The calls up to the moment when a monitor listened; undefined while none does. */
  let heard: number | undefined;
  for (const one of wire) {
    if (one.event === "listening") heard ??= rows.callsUntil(one.at_ms);
    if (one.event === "away") heard = undefined;
    if (one.event === "accepted") open.add(one.connection);
    if (one.event === "ended" && one.how !== "half") open.delete(one.connection);
    if (open.size === 0 && heard === undefined && (one.event === "call" || one.event === "burst"))
      from ??= rows.callsUntil(one.at_ms - 1);
    if (open.size === 0 || from === undefined) continue;
    spans.push({ from, to: heard ?? rows.callsUntil(one.at_ms), endMs: one.at_ms });
    from = undefined;
  }
  const [only] = spans;
  // After a second span it is not known of which one a connection took what.
  if (only === undefined || spans.length > 1) return [];
  const came = rows.arrivals.filter(({ call }) => call !== undefined && call >= only.from && call < only.to);
  const asked = only.to - only.from;
  return [{ asked, newest: only.to - 1, came, slackBytes: 0, isOver: isOver(wire, only.endMs) }];
}

/**
 * Rows of one connection that stood still and goes on: what came in one piece up to the newest call
 * before it went on. The kernel may have held a part of them, even behind a gap.
 */
function frozenWaits(wire: readonly WireEvent[], rows: Rows): Wait[] {
  const connections = new Set(wire.flatMap((one) => (one.event === "accepted" ? [one.connection] : [])));
  const frozen = wire.find(({ event }) => event === "frozen");
  const thawed = wire.findLast(({ event }) => event === "thawed");
  if (connections.size !== 1 || frozen === undefined || thawed === undefined) return [];
  const newest = rows.callsUntil(thawed.at_ms) - 1;
  const before = rows.callsUntil(frozen.at_ms);
  const came = new Map<number, RowArrival>();
  for (const arrival of rows.arrivals)
    if (arrival.call !== undefined && arrival.call >= before && arrival.call <= newest)
      came.set(arrival.call, arrival);
  if (came.size === 0) return [];
  const asked = newest - before + 1;
  const last = [...came.keys()].reduce((newer, call) => Math.max(newer, call), 0);
  let first = last;
  while (came.has(first - 1)) first--;
  const run = [...came].filter(([call]) => call >= first).map(([, arrival]) => arrival);
  return [{ asked, newest, came: run, slackBytes: kernelBytes, isOver: isOver(wire, thawed.at_ms) }];
}

/**
 * Whether a heartbeat came behind, before any connection was ended, with which rows are lost. If
 * one was ended, and heartbeats went on after it, it has to be one that was called for since then:
 * what had waited beside the rows may have come before them.
 */
function isOver(wire: readonly WireEvent[], sinceMs: number): boolean {
  const later = wire.filter(({ at_ms }) => at_ms >= sinceMs);
  const isBeat = (one: WireEvent) => one.event === "line" && one.line.includes(`"heartbeat"`);
  const end = later.findIndex(({ event }) => event === "ended");
  const last = later.findLastIndex(isBeat);
  if (end < 0 || last < end) return last >= 0;
  const beat = later.slice(0, end).findLastIndex(isBeat);
  return later
    .slice(0, Math.max(0, beat))
    .some((one) => one.event === "call" && one.line.includes(`"heartbeat"`));
}

/**
 * How much the last burst added of which nothing was taken; `isTooMuch` also where an earlier one
 * did.
 */
function growthOverBursts(wire: readonly WireEvent[]): { bytes: number; isTooMuch: boolean } | undefined {
  const grown: number[] = [];
  let beforeBytes: number | undefined;
  let bursts = 0;
  for (const one of wire) {
    if (one.event === "burst") bursts++;
    if (one.event === "line") beforeBytes = undefined;
    if (one.event !== "rss") continue;
    if (beforeBytes !== undefined && bursts > 0) grown.push(one.bytes - beforeBytes);
    beforeBytes = one.bytes;
    bursts = 0;
  }
  const last = grown.at(-1);
  if (last === undefined) return undefined;
  const isTooMuch =
    grown.some((bytes) => bytes > mostGrownBytes) || (grown.length > 1 && last > settledBytes);
  return { bytes: Math.max(...(grown.some((bytes) => bytes > mostGrownBytes) ? grown : [last])), isTooMuch };
}
