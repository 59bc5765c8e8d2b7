import { usePage } from "./page-context.js";
import { shortSpanText, spanText, unknownText } from "./time-text.js";

interface AgeProps {
  /** Unix milliseconds of the monitor; null is unknown. */
  readonly ms: number | null;
  /** In its largest unit, for a column. */
  readonly short?: boolean;
}

/** How long ago that was, counting up. */
export function Age({ ms, short = false }: AgeProps) {
  const page = usePage();
  const nowMs = page.nowMs.value;
  if (ms === null || nowMs === 0) return <span>{unknownText}</span>;
  const text = short ? shortSpanText(nowMs - ms) : spanText(nowMs - ms);
  return (
    <time class="age" dateTime={new Date(ms).toISOString()} title={page.zoneClock.value.iso(ms)}>
      {text}
    </time>
  );
}
