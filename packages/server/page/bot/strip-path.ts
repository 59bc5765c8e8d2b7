import type { Status } from "../fleet/bot.js";
import type { Period, Segment } from "./timeline.js";

/** The width of a strip's own units, whatever it is on the screen. */
export const stripUnits = 1_000;

/**
 * One shape for each status that occurs, in the order in which they are drawn: the rarest last, on
 * top. What is down, and how it is at the end, is at least `leastUnits` wide.
 */
export function stripPaths(
  segments: readonly Segment[],
  { fromMs, toMs }: Period,
  leastUnits: number,
): readonly { readonly status: Status; readonly path: string }[] {
  const scale = stripUnits / Math.max(1, toMs - fromMs);
  const paths = new Map<Status, string>();
  for (const status of ["online", "offline", "stale", "dead"] as const) {
    const parts = segments.flatMap((segment) => {
      if (segment.status !== status) return [];
      const isSmall = status === "online" && segment !== segments.at(-1);
      const width = Math.max((segment.toMs - segment.fromMs) * scale, isSmall ? 0 : leastUnits);
      const from = Math.min((segment.fromMs - fromMs) * scale, stripUnits - width);
      return `M${round(from)} 0h${round(width)}v1h${round(-width)}z`;
    });
    if (parts.length > 0) paths.set(status, parts.join(""));
  }
  return [...paths].map(([status, path]) => ({ status, path }));
}

function round(units: number): number {
  return Math.round(units * 10) / 10;
}
