import type { Bot } from "../fleet/bot.js";
import { usePage } from "../frame/page-context.js";
import { stripPaths, stripUnits } from "./strip-path.js";
import { stripText } from "./strip-text.js";
import { type Period, type Segment, segmentsOf } from "./timeline.js";

const dayMs = 86_400_000;

/** The last 24 hours of a bot. */
export function useTimeline(bot: Bot): { readonly segments: readonly Segment[]; readonly period: Period } {
  const page = usePage();
  page.historyRevision.value;
  const changes = page.history.of(bot.channel);
  const lastMs = Math.max(bot.sinceMs ?? 0, changes.at(-1)?.tsMs ?? 0);
  // A pixel is some minutes: it need not be drawn anew more often than that.
  const toMs = Math.max(page.minuteMs.value, lastMs);
  const period = { fromMs: toMs - dayMs, toMs };
  const fromMs = page.history.fromMs ?? 0;
  const before = fromMs > period.fromMs ? [{ fromMs: period.fromMs, toMs: fromMs }] : [];
  const unwatched = [...before, ...page.unwatched.value];
  return { segments: segmentsOf(bot, changes, period, unwatched), period };
}

/** The same as a strip; where nobody knows, its ground is hatched. */
export function TimelineStrip({ bot, leastUnits = 12 }: { readonly bot: Bot; readonly leastUnits?: number }) {
  const { segments, period } = useTimeline(bot);
  return (
    <svg class="strip" viewBox={`0 0 ${stripUnits} 1`} preserveAspectRatio="none" role="img">
      <title>{stripText(segments, period)}</title>
      {stripPaths(segments, period, leastUnits).map(({ status, path }) => (
        <path key={status} class={`on-${status}`} d={path} />
      ))}
    </svg>
  );
}
