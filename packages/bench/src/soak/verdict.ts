import { medianOf } from "../median.js";
import { type Point, type Slope, slopeOf } from "./slope.js";

export type Verdict = "met" | "missed" | "undecided" | "no target";

/** What one quantity did in the course of the soak. */
export interface Course {
  readonly what: string;
  readonly points: readonly Point[];
  readonly slope: Slope;
  readonly target: string;
  readonly verdict: Verdict;
}

/** The most that resident memory may grow, MB an hour. */
const mostRssSlope = 5;

/** The most that the log may take, MB: half as much again as where it is begun anew. */
const mostLogMb = 96;

/** Live heap: its slope is not distinguishable from 0. */
export function liveHeapCourse(points: readonly Point[]): Course {
  const slope = slopeOf(points);
  const verdict = slope.low > 0 ? "missed" : "met";
  return { what: "live heap after a collection, MB", points, slope, target: "not above 0", verdict };
}

/**
 * Resident memory: below 5 MB an hour. A short soak cannot tell that from pages that come and go:
 * then the bounds hold both sides of the target, and it is undecided.
 */
export function rssCourse(points: readonly Point[]): Course {
  const slope = slopeOf(points);
  const verdict = slope.low >= mostRssSlope ? "missed" : slope.high < mostRssSlope ? "met" : "undecided";
  return { what: "resident memory, MB", points, slope, target: `below ${mostRssSlope}`, verdict };
}

/**
 * Descriptors: their slope is not distinguishable from 0. Connections to the fleet database, of
 * receivers, of the page and of a client that is made anew come and go; one that is never closed
 * adds up.
 */
export function descriptorCourse(points: readonly Point[]): Course {
  const slope = slopeOf(points);
  const verdict = slope.low > 0 ? "missed" : "met";
  return { what: "descriptors", points, slope, target: "not above 0", verdict };
}

/**
 * The log of the database: it is begun anew at 64 MiB, where no reader stands in its way. Each
 * value is the most since the one before; one above 96 MiB says that a reader stood there for long.
 */
export function logCourse(points: readonly Point[]): Course {
  const verdict = points.some(({ value }) => value > mostLogMb) ? "missed" : "met";
  return {
    what: "SQLite's log, MB",
    points,
    slope: slopeOf(points),
    target: `at most ${mostLogMb}`,
    verdict,
  };
}

/** Without a target. */
export function freeCourse(what: string, points: readonly Point[]): Course {
  return { what, points, slope: slopeOf(points), target: "", verdict: "no target" };
}

/** The slope of the second half tells what grows without end from what a long warm-up leaves. */
export const courseColumns = [
  "what",
  "median",
  "least to most",
  "slope an hour",
  "95 % bounds",
  "in the second half",
  "target",
  "verdict",
] as const;

export function rowOf({ what, points, slope, target, verdict }: Course): string[] {
  const { median, min, max } = medianOf(points.map(({ value }) => value));
  const text = (value: number) => value.toFixed(2);
  const bounds = ({ low, high }: Slope) => `${text(low)} to ${text(high)}`;
  const later = laterSlopeOf(points);
  return [
    what,
    text(median),
    `${text(min)} to ${text(max)}`,
    text(slope.perHour),
    bounds(slope),
    later === undefined ? "" : `${text(later.perHour)} (${bounds(later)})`,
    target,
    verdict,
  ];
}

/** Undefined where the second half has too few points for a slope. */
function laterSlopeOf(points: readonly Point[]): Slope | undefined {
  const later = points.slice(Math.floor(points.length / 2));
  return later.length < 4 ? undefined : slopeOf(later);
}
