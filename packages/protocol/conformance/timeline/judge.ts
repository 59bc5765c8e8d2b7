import { longestCallMs, longLifeMs, missedBeats, provenMs } from "../limits.js";
import { boundMsAfter, faultOfPauses, type Pause } from "../pauses.js";
import { isRow as isRowType } from "../wire.js";
import type { Happening } from "./happening.js";

type Happened<Event extends Happening["event"]> = Extract<Happening, { event: Event }>;
type Line = { type: string; channel: string; dropped?: number; interval_s?: number; started_at?: number };

const rules: Readonly<Record<string, (events: readonly Happening[]) => boolean>> = {
  "C-1": registersFirst,
  "C-2": neverWaits,
  "C-3": isBounded,
  "C-4": countsLosses,
  "C-5": reconnectsWithJitter,
  "C-6": keepsSlowConnection,
  "C-7": leavesHalfLine,
  "C-8": beats,
  "C-9": saysGoodbyeOnce,
  "C-10": hasOneStart,
};

/**
 * Which rules of chapter 8 the timeline of a client breaks, each once, in their order. Rules that
 * need to be seen from outside are those of the wire timelines.
 */
export function brokenRules(events: readonly Happening[]): string[] {
  return Object.keys(rules).filter((rule) => !rules[rule]?.(events));
}

const all = <Event extends Happening["event"]>(
  events: readonly Happening[],
  ...kinds: Event[]
): Happened<Event>[] =>
  events.filter((one): one is Happened<Event> => (kinds as string[]).includes(one.event));

const parsed = (line: string): Line => JSON.parse(line);
const isRow = (line: string): boolean => isRowType(parsed(line).type);
const bytesOf = (line: string): number => Buffer.byteLength(line) + 1;

function registersFirst(events: readonly Happening[]): boolean {
  const registered = new Set<string>();
  const begun = new Set<string>();
  for (const one of events) {
    if (one.event !== "call" && one.event !== "sent" && one.event !== "sent_part") continue;
    const { type, channel } = parsed(one.line);
    if (one.event === "call") {
      if (type === "register") registered.add(channel);
      if (type === "unregister") registered.delete(channel);
      continue;
    }
    const key = `${one.connection} ${channel}`;
    if (!begun.has(key) && registered.has(channel) && type !== "register") return false;
    begun.add(key);
  }
  return true;
}

function neverWaits(events: readonly Happening[]): boolean {
  return (
    all(events, "waited").length === 0 && all(events, "call").every(({ took_ms }) => took_ms <= longestCallMs)
  );
}

function isBounded(events: readonly Happening[]): boolean {
  const { max_lines = 0, max_bytes = 0 } = all(events, "start")[0] ?? {};
  const newest = new Map<string, string>();
  const stateOf = (line: string) => `${parsed(line).type} ${parsed(line).channel}`;
  let rows: string[] = [];
  let begun: string | undefined;
  for (const one of events) {
    if (one.event === "call") {
      newest.set(stateOf(one.line), one.line);
      if (isRow(one.line)) rows.push(one.line);
    }
    if (one.event === "sent_part") begun = one.line;
    if (one.event === "sent_rest" || one.event === "closed") begun = undefined;
    if (one.event === "dropped" && one.why === "buffer_full") {
      if (!isRow(one.line) || one.line === begun) return false;
      if (bytesOf(one.line) > max_bytes) rows = rows.filter((row) => row !== one.line);
      else if (rows.length > 0 && rows.shift() !== one.line) return false;
    }
    if (one.event !== "held") continue;
    // The line that was begun stands beside the bound.
    const states = one.lines.filter((line) => !isRow(line));
    rows = one.lines.filter((line) => isRow(line) && line !== begun);
    if (rows.length > max_lines || rows.reduce((sum, row) => sum + bytesOf(row), 0) > max_bytes) return false;
    // One line of each state, and that the newest.
    if (states.some((line) => newest.get(stateOf(line)) !== line)) return false;
    if (new Set(states.map(stateOf)).size < states.length) return false;
  }
  return true;
}

function countsLosses(events: readonly Happening[]): boolean {
  const atCall = new Map<string, number>();
  let lost = 0;
  let told = 0;
  for (const one of events) {
    if (one.event === "dropped" && isRow(one.line)) lost++;
    if (one.event !== "call" && one.event !== "sent") continue;
    const { type, dropped = 0 } = parsed(one.line);
    if (type !== "heartbeat") continue;
    if (one.event === "call") {
      atCall.set(one.line, lost);
      continue;
    }
    // A heartbeat that the client made by itself tells what is lost now.
    if (dropped < Math.max(told, atCall.get(one.line) ?? lost) || dropped > lost) return false;
    told = dropped;
  }
  return true;
}

function reconnectsWithJitter(events: readonly Happening[]): boolean {
  const pauses: Pause[] = [];
  const openedAtMs = new Map<number, number>();
  let failures = 0;
  let failedAtMs: number | undefined;
  const isLate = (atMs: number) => failedAtMs !== undefined && atMs - failedAtMs > boundMsAfter(failures);
  for (const one of events) {
    if (one.event === "connect") {
      if (isLate(one.at_ms)) return false;
      if (failedAtMs !== undefined) pauses.push({ ms: one.at_ms - failedAtMs, failures });
      failedAtMs = undefined;
      if (one.outcome === "open") openedAtMs.set(one.connection, one.at_ms);
      else {
        failures++;
        failedAtMs = one.at_ms;
      }
    }
    if (one.event !== "closed") continue;
    const livedMs = one.at_ms - (openedAtMs.get(one.connection) ?? 0);
    failures = livedMs >= provenMs ? 1 : failures + 1;
    // Who closed it by itself may have meant to, and one that lived long is opened when it is due.
    failedAtMs = one.by === "client" || livedMs >= longLifeMs ? undefined : one.at_ms;
  }
  return !isLate(events.at(-1)?.at_ms ?? 0) && faultOfPauses(pauses) === undefined;
}

function keepsSlowConnection(events: readonly Happening[]): boolean {
  let frozen = false;
  let gaveUp = false;
  for (const one of events) {
    if (one.event === "frozen" || one.event === "thawed") frozen = one.event === "frozen";
    if (one.event === "closed" && one.by === "client" && frozen) gaveUp = true;
    // At its end a client may close what is frozen: then it opens nothing again.
    if (one.event === "connect" && gaveUp) return false;
  }
  return true;
}

function leavesHalfLine(events: readonly Happening[]): boolean {
  const half = new Map<number, string>();
  const lost = new Set<string>();
  const calls = new Map<string, number>();
  for (const one of events) {
    if (one.event === "call") calls.set(one.line, (calls.get(one.line) ?? 0) + 1);
    if (one.event === "sent_part") half.set(one.connection, one.line);
    if (one.event === "sent_rest" && half.get(one.connection) !== one.line) return false;
    if (one.event === "sent_rest") half.delete(one.connection);
    if (one.event === "closed" && half.has(one.connection)) lost.add(half.get(one.connection) as string);
    if (one.event !== "sent" || !lost.has(one.line)) continue;
    // States may be said twice. A row of the same text may be that of another call.
    if (isRow(one.line) && (calls.get(one.line) ?? 0) < 2) return false;
  }
  return true;
}

function beats(events: readonly Happening[]): boolean {
  let intervalMs = 30_000;
  let since: number | undefined;
  for (const one of events) {
    const isLate = since !== undefined && one.at_ms - since > missedBeats * intervalMs;
    if (isLate && one.event !== "thawed") return false;
    if (one.event === "closed" || one.event === "frozen" || one.event === "exit") since = undefined;
    if (one.event !== "sent") continue;
    const { type, interval_s } = parsed(one.line);
    if (interval_s !== undefined) intervalMs = 1000 * interval_s;
    if (type === "register" || type === "heartbeat") since = one.at_ms;
    if (type === "unregister") since = undefined;
  }
  return true;
}

function saysGoodbyeOnce(events: readonly Happening[]): boolean {
  let gone = false;
  let lastCall = "";
  let cameBack = false;
  let goodbyesAsked = 0;
  for (const one of events) {
    if (one.event === "exit" && gone && !one.on_purpose) return false;
    if (one.event !== "call" && one.event !== "sent") continue;
    const { type } = parsed(one.line);
    if (one.event === "call") {
      if (type === "unregister") goodbyesAsked++;
      if (type === "register") cameBack = false;
      if (type === "unregister" || type === "register") lastCall = type;
      continue;
    }
    if (gone && (type === "unregister" || type === "heartbeat")) return false;
    // Registrations that the client repeats end no goodbye.
    if (gone && type === "register" && lastCall !== "register") return false;
    if (type === "unregister" && --goodbyesAsked < 0) {
      goodbyesAsked = 0;
      lastCall = "unregister";
    }
    if (type === "register") cameBack = true;
    if (type === "unregister" || type === "register") gone = type === "unregister";
  }
  return !(gone && lastCall === "register" && cameBack);
}

function hasOneStart(events: readonly Happening[]): boolean {
  const starts = all(events, "sent").map(({ line }) => parsed(line).started_at);
  return new Set(starts.filter((start) => start !== undefined)).size <= 1;
}
