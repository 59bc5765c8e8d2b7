import { amountOf } from "../frame/quantity-text.js";
import { spanText } from "../frame/time-text.js";
import type { Period, Segment } from "./timeline.js";

/** The strip in words. */
export function stripText(segments: readonly Segment[], { toMs }: Period): string {
  const down = segments.filter(({ status }) => status === "dead" || status === "stale");
  const last = down.at(-1);
  if (last === undefined) return "24 hours: never down";
  const lasted = last.toMs >= toMs ? "still" : `the last time for ${spanText(last.toMs - last.fromMs)}`;
  return `24 hours: down ${amountOf(down.length, "time")}, ${lasted}`;
}
