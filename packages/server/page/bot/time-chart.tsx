import { useEffect, useRef, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import { type Drawing, DrawnChart } from "./drawn-chart.js";
import type { Measure } from "./measurements.js";

interface TimeChartProps extends Drawing {
  readonly name: string;
  /** What is seen there, for those who do not see it. */
  readonly label: string;
  /** A value with its unit. */
  readonly text: (value: number) => string;
}

const heightPx = 150;

/**
 * Values over time: the mean as a line, from the least to the most of each bucket as a band, and
 * nothing where there is no sample.
 */
export function TimeChart({ name, label, fromMs, toMs, timesMs, measures, text }: TimeChartProps) {
  const page = usePage();
  const clock = page.zoneClock.value;
  const theme = page.theme.value;
  const nowMs = page.minuteMs.value;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<DrawnChart | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);

  useEffect(() => {
    const root = place.current;
    if (root === null) return;
    const own = new DrawnChart(root, {
      width: root.clientWidth,
      height: heightPx,
      clock,
      text,
      onPointed: setPointed,
    });
    chart.current = own;
    const redraw = () => own.redraw();
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", redraw);
    const sizes = new ResizeObserver(() => own.widen(root.clientWidth));
    sizes.observe(root);
    return () => {
      scheme.removeEventListener("change", redraw);
      sizes.disconnect();
      own.end();
      chart.current = null;
    };
  }, [clock, text]);

  // Another theme is drawn in other colours.
  useEffect(
    () => chart.current?.show({ fromMs, toMs, timesMs, measures }),
    [measures, timesMs, fromMs, toMs, clock, text, theme],
  );

  const tsMs = pointed === null ? undefined : timesMs[pointed];
  const measure = pointed === null ? null : (measures[pointed] ?? null);
  return (
    <figure class="chart-box">
      <figcaption>
        {name}
        {tsMs !== undefined && (
          <span class="dim" aria-hidden="true">
            {" "}
            {clock.text(tsMs, nowMs)}: {measure === null ? "no sample" : measureText(measure, text)}
          </span>
        )}
      </figcaption>
      <div class="chart" role="img" aria-label={label} ref={place} />
    </figure>
  );
}

/** `96 MB`, and the span where its samples differ: `96 MB (90 MB to 120 MB)`. */
function measureText({ mean, least, most }: Measure, text: (value: number) => string): string {
  const span = least === most ? "" : ` (${text(least)} to ${text(most)})`;
  return `${text(mean)}${span}`;
}
