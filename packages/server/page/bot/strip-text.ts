import { amountOf } from "../frame/quantity-text.js";
import { spanText } from "../frame/time-text.js";
import type { Period, Segment } from "./timeline.js";

const mostSpans = 5;

/**
 * The strip in words: `24 hours: down 2 times: 6 h, then 3 s; 1 h unknown`. Time that nobody
 * watched neither ends a time down nor makes it longer.
 */
export function stripText(segments: readonly Segment[], { toMs }: Period): string {
  const spans: number[] = [];
  let isDown = false;
  let unknownMs = 0;
  for (const { status, fromMs, toMs: endMs } of segments) {
    if (status === null) {
      unknownMs += endMs - fromMs;
      continue;
    }
    const wasDown = isDown;
    isDown = status === "dead" || status === "stale";
    if (isDown) spans.push((wasDown ? (spans.pop() ?? 0) : 0) + endMs - fromMs);
  }
  const isStill = isDown && segments.at(-1)?.toMs === toMs;
  const texts = spans.map((ms, i) => (isStill && i === spans.length - 1 ? "until now" : spanText(ms)));
  const shown = texts.slice(-mostSpans);
  if (shown.length < texts.length) shown.unshift("…");
  const down =
    spans.length === 0 ? "never down" : `down ${amountOf(spans.length, "time")}: ${shown.join(", then ")}`;
  return `24 hours: ${down}${unknownMs === 0 ? "" : `; ${spanText(unknownMs)} unknown`}`;
}
