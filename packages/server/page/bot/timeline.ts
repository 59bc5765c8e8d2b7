import { type Status, statuses } from "../fleet/bot.js";
import { textOf, timeOf } from "../link/summary.js";

/** A change of a bot's status. */
export interface StatusChange {
  readonly channel: string;
  readonly tsMs: number;
  /** Null for a bot's first. */
  readonly from: Status | null;
  readonly to: Status;
  readonly pid: number;
  readonly cause: string;
  readonly causeCode: string;
  readonly previousPid: number | null;
  readonly livedMs: number | null;
  readonly trouble: string | null;
}

/** Null where that is no change. */
export function changeFrom(json: Readonly<Record<string, unknown>>): StatusChange | null {
  const channel = textOf(json["channel"]);
  const tsMs = timeOf(json["ts"]);
  const to = statuses.find((status) => status === json["to_status"]);
  if (channel === null || tsMs === null || to === undefined) return null;
  return {
    channel,
    tsMs,
    from: statuses.find((status) => status === json["from_status"]) ?? null,
    to,
    pid: typeof json["pid"] === "number" ? json["pid"] : 0,
    cause: textOf(json["cause"]) ?? "",
    causeCode: textOf(json["cause_code"]) ?? "other",
    previousPid: typeof json["previous_pid"] === "number" ? json["previous_pid"] : null,
    livedMs: typeof json["lived_ms"] === "number" ? json["lived_ms"] : null,
    trouble: textOf(json["trouble"]),
  };
}

/** Whether two sources tell of the same change. */
export function isSameChange(one: StatusChange, other: StatusChange): boolean {
  return (
    one.tsMs === other.tsMs && one.to === other.to && one.pid === other.pid && one.trouble === other.trouble
  );
}

/** What two sources tell, each oldest first; what both tell is there once. */
export function mergedChanges(
  changes: readonly StatusChange[],
  more: readonly StatusChange[],
): readonly StatusChange[] {
  const missing = more.filter((change) => !changes.some((known) => isSameChange(known, change)));
  if (missing.length === 0) return changes;
  // The sort is stable: of one millisecond, those of the first source come first.
  return [...changes, ...missing].sort((a, b) => a.tsMs - b.tsMs);
}

/** One status for a while; null where nobody knows. */
export interface Segment {
  readonly status: Status | null;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How a bot is now. */
export interface Present {
  readonly status: Status;
  readonly sinceMs: number | null;
}

/**
 * What a bot was from `fromMs` to `toMs`, without gap or overlap, neighbours differing. `changes`
 * are all of that time that are known, oldest first; what was before the first of them is its
 * `from`. Where there is none, the bot was as it is now since it is so. `unwatched`: nobody knows
 * what was then.
 */
export function segmentsOf(
  present: Present,
  changes: readonly StatusChange[],
  { fromMs, toMs }: Period,
  unwatched: readonly Period[] = [],
): readonly Segment[] {
  const inside = changes.filter(({ tsMs, from, to }) => tsMs > fromMs && tsMs <= toMs && from !== to);
  const [first] = inside;
  const segments: Segment[] = [];
  const add = (status: Status | null, startMs: number, endMs: number) => {
    if (endMs <= startMs) return;
    const last = segments.at(-1);
    if (last !== undefined && last.status === status)
      segments[segments.length - 1] = { ...last, toMs: endMs };
    else segments.push({ status, fromMs: startMs, toMs: endMs });
  };
  if (first === undefined) {
    const startMs = Math.min(toMs, Math.max(fromMs, present.sinceMs ?? toMs));
    add(null, fromMs, startMs);
    add(present.status, startMs, toMs);
  } else {
    add(first.from, fromMs, first.tsMs);
    for (const [i, change] of inside.entries()) add(change.to, change.tsMs, inside[i + 1]?.tsMs ?? toMs);
  }
  return unwatched.reduce<readonly Segment[]>(withHole, segments);
}

function withHole(segments: readonly Segment[], hole: Period): readonly Segment[] {
  return segments.flatMap((segment) => {
    const fromMs = Math.max(segment.fromMs, hole.fromMs);
    const toMs = Math.min(segment.toMs, hole.toMs);
    if (fromMs >= toMs || segment.status === null) return [segment];
    const parts: readonly Segment[] = [
      { ...segment, toMs: fromMs },
      { status: null, fromMs, toMs },
      { ...segment, fromMs: toMs },
    ];
    return parts.filter((part) => part.fromMs < part.toMs);
  });
}

/** How much of the time is known, and how much of that it was online. */
export function sharesOf(segments: readonly Segment[]): {
  readonly knownMs: number;
  readonly onlineMs: number;
} {
  let knownMs = 0;
  let onlineMs = 0;
  for (const { status, fromMs, toMs } of segments) {
    if (status === null) continue;
    knownMs += toMs - fromMs;
    if (status === "online") onlineMs += toMs - fromMs;
  }
  return { knownMs, onlineMs };
}
