import type { Happening } from "../cases/timeline.js";

type Happened<Event extends Happening["event"]> = Extract<Happening, { event: Event }>;
type Line = { type: string; dropped?: number; interval_s?: number; started_at?: number };

/** A call into a client that takes longer than this has waited for something. */
const longestCallMs = 50;
const firstBoundMs = 250;
const longestBoundMs = 30_000;

/** Which rules of chapter 8 the timeline breaks, each once, in their order. */
export function brokenRules(events: Happening[]): string[] {
  const rules: Record<string, (events: Happening[]) => boolean> = {
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
  return Object.keys(rules).filter((rule) => !rules[rule]?.(events));
}

const all = <Event extends Happening["event"]>(events: Happening[], ...kinds: Event[]): Happened<Event>[] =>
  events.filter((one): one is Happened<Event> => (kinds as string[]).includes(one.event));

const parsed = (line: string): Line => JSON.parse(line);
const isRow = (line: string): boolean => /^(llm_usage|custom_metric)$/.test(parsed(line).type);

function registersFirst(events: Happening[]): boolean {
  let registered = false;
  const begun = new Set<number>();
  for (const one of events) {
    if (one.event === "call" && parsed(one.line).type === "register") registered = true;
    if (one.event === "call" && parsed(one.line).type === "unregister") registered = false;
    if (one.event !== "sent" && one.event !== "sent_part") continue;
    if (!begun.has(one.connection) && registered && parsed(one.line).type !== "register") return false;
    begun.add(one.connection);
  }
  return true;
}

function neverWaits(events: Happening[]): boolean {
  return (
    all(events, "waited").length === 0 && all(events, "call").every(({ took_ms }) => took_ms <= longestCallMs)
  );
}

function isBounded(events: Happening[]): boolean {
  const { max_lines = 0, max_bytes = 0 } = all(events, "start")[0] ?? {};
  const newest = new Map<string, string>();
  let rows: string[] = [];
  for (const one of events) {
    if (one.event === "call") {
      newest.set(parsed(one.line).type, one.line);
      if (isRow(one.line)) rows.push(one.line);
    }
    if (one.event === "dropped" && one.why === "buffer_full") {
      if (!isRow(one.line) || (rows.length > 0 && rows.shift() !== one.line)) return false;
    }
    if (one.event !== "held") continue;
    rows = one.lines.filter(isRow);
    const bytes = one.lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    if (one.lines.length > max_lines || bytes > max_bytes) return false;
    // One line of each state, and that the newest.
    if (one.lines.some((line) => !isRow(line) && newest.get(parsed(line).type) !== line)) return false;
  }
  return true;
}

function countsLosses(events: Happening[]): boolean {
  let lost = 0;
  for (const one of events) {
    if (one.event === "dropped" && isRow(one.line)) lost++;
    if (one.event !== "sent" || parsed(one.line).type !== "heartbeat") continue;
    if ((parsed(one.line).dropped ?? 0) !== lost) return false;
  }
  return true;
}

function reconnectsWithJitter(events: Happening[]): boolean {
  let failures = 0;
  let failedAt: number | undefined;
  const delays: number[] = [];
  const shares: number[] = [];
  const boundMs = () => Math.min(longestBoundMs, firstBoundMs * 2 ** (failures - 1));
  for (const one of all(events, "connect")) {
    if (failedAt !== undefined) {
      if (one.at_ms - failedAt > boundMs()) return false;
      delays.push(one.at_ms - failedAt);
      shares.push((one.at_ms - failedAt) / boundMs());
    }
    failures = one.outcome === "refused" ? failures + 1 : 0;
    failedAt = one.outcome === "refused" ? one.at_ms : undefined;
  }
  if (failedAt !== undefined && (events.at(-1)?.at_ms ?? 0) - failedAt > boundMs()) return false;
  if (delays.length < 5) return true;
  // Chance gives neither equal delays, nor equal shares of the bound, nor shares that all are next
  // to nothing.
  return new Set(delays).size > 1 && new Set(shares).size > 1 && shares.some((share) => share > 0.05);
}

function keepsSlowConnection(events: Happening[]): boolean {
  let frozen = false;
  for (const one of events) {
    if (one.event === "frozen" || one.event === "thawed") frozen = one.event === "frozen";
    if (one.event === "closed" && one.by === "client" && frozen) return false;
  }
  return true;
}

function leavesHalfLine(events: Happening[]): boolean {
  const half = new Map<number, string>();
  const lost = new Set<string>();
  for (const one of events) {
    if (one.event === "sent_part") half.set(one.connection, one.line);
    if (one.event === "sent_rest" && half.get(one.connection) !== one.line) return false;
    if (one.event === "sent_rest") half.delete(one.connection);
    if (one.event === "closed" && half.has(one.connection)) lost.add(half.get(one.connection) as string);
    // A registration is made again for each connection [C-1].
    if (one.event === "sent" && lost.has(one.line) && parsed(one.line).type !== "register") return false;
  }
  return true;
}

function beats(events: Happening[]): boolean {
  let intervalMs = 30_000;
  let since: number | undefined;
  for (const one of events) {
    // Twice the interval leaves a busy bot its time.
    if (since !== undefined && one.at_ms - since > 2 * intervalMs && one.event !== "thawed") return false;
    if (one.event === "closed" || one.event === "frozen" || one.event === "exit") since = undefined;
    if (one.event !== "sent") continue;
    const { type, interval_s } = parsed(one.line);
    if (interval_s !== undefined) intervalMs = 1000 * interval_s;
    if (type === "register" || type === "heartbeat") since = one.at_ms;
    if (type === "unregister") since = undefined;
  }
  return true;
}

function saysGoodbyeOnce(events: Happening[]): boolean {
  let gone = false;
  for (const one of events) {
    if (one.event === "exit" && gone && !one.on_purpose) return false;
    if (one.event !== "sent") continue;
    const { type } = parsed(one.line);
    if (gone && (type === "unregister" || type === "heartbeat")) return false;
    if (type === "unregister" || type === "register") gone = type === "unregister";
  }
  return true;
}

function hasOneStart(events: Happening[]): boolean {
  const starts = all(events, "sent").map(({ line }) => parsed(line).started_at);
  return new Set(starts.filter((start) => start !== undefined)).size <= 1;
}
