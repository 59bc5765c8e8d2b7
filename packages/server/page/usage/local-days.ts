const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** How far a zone's clocks are before UTC's at a time, in minutes. */
export type OffsetMin = (ms: number) => number;

/** A part of a period whose days all begin at the same offset from UTC. */
export interface DayPiece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetMin: number;
  /** The clocks change within: it is this one day, however many hours it has. Else null. */
  readonly dayMs: number | null;
}

/** Counts the days of the zone. */
export function localDay(ms: number, offsetMin: OffsetMin): number {
  return Math.floor((ms + offsetMin(ms) * minuteMs) / dayMs);
}

/**
 * When the next day of the zone begins. Clocks may change at midnight, so that there is none or
 * two.
 */
export function nextDayMs(ms: number, offsetMin: OffsetMin): number {
  const day = localDay(ms, offsetMin);
  const midnightMs = (day + 1) * dayMs;
  const first = midnightMs - offsetMin(ms) * minuteMs;
  const starts = [first, midnightMs - offsetMin(first) * minuteMs].sort((a, b) => a - b);
  return starts.find((startMs) => startMs > ms && localDay(startMs, offsetMin) > day) ?? first;
}

/** When so many days of the zone began, the last of them being that of `ms`. */
export function daysBeforeMs(ms: number, days: number, offsetMin: OffsetMin): number {
  const wanted = localDay(ms, offsetMin) - days + 1;
  let startMs = ms - (days + 1) * dayMs;
  while (localDay(startMs, offsetMin) < wanted) startMs = nextDayMs(startMs, offsetMin);
  return startMs;
}

/** The days of a period, in as few pieces as the changes of the clock allow. */
export function dayPieces(fromMs: number, toMs: number, offsetMin: OffsetMin): readonly DayPiece[] {
  const pieces: DayPiece[] = [];
  for (let startMs = fromMs; startMs < toMs; ) {
    const endMs = Math.min(toMs, nextDayMs(startMs, offsetMin));
    const offset = offsetMin(startMs);
    const isChange = offset !== offsetMin(endMs - 1);
    const last = pieces.at(-1);
    if (last !== undefined && !isChange && last.dayMs === null && last.offsetMin === offset)
      pieces[pieces.length - 1] = { ...last, toMs: endMs };
    else pieces.push({ fromMs: startMs, toMs: endMs, offsetMin: offset, dayMs: isChange ? startMs : null });
    startMs = endMs;
  }
  return pieces;
}
