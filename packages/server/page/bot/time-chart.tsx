import { useEffect, useRef, useState } from "preact/hooks";
import UPlot from "uplot";
import { usePage } from "../frame/page-context.js";
import { lonePoints, type Measure } from "./measurements.js";

interface TimeChartProps {
  readonly name: string;
  /** What is seen there, for those who do not see it. */
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly timesMs: readonly number[];
  readonly measures: readonly (Measure | null)[];
  /** A value with its unit. */
  readonly text: (value: number) => string;
}

const heightPx = 150;

/**
 * Values over time: the mean as a line, from the least to the most of each bucket as a band, and nothing
 * where there is no sample.
 */
export function TimeChart({ name, label, fromMs, toMs, timesMs, measures, text }: TimeChartProps) {
  const page = usePage();
  const clock = page.zoneClock.value;
  const theme = page.theme.value;
  const nowMs = page.minuteMs.value;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);

  useEffect(() => {
    const root = place.current;
    if (root === null) return;
    // A canvas knows no variable and no scheme: the style sheet says them by the properties of the element around it.
    const style = getComputedStyle(root);
    const axis = {
      stroke: () => style.color,
      grid: { stroke: () => style.borderTopColor, width: 1 },
      ticks: { show: false },
      font: `12px ${style.fontFamily}`,
    };
    const edge = { stroke: "transparent", points: { show: false } };
    const own = new UPlot(
      {
        width: root.clientWidth,
        height: heightPx,
        ms: 1,
        tzDate: (ms) => UPlot.tzDate(new Date(ms), clock.zone),
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: {
          x: { range: (_, min, max) => [min, max] },
          y: { range: (_, __, max) => [0, 1.1 * Math.max(max, 1)] },
        },
        axes: [
          { ...axis, size: 26, values: (_, splits) => splits.map((ms) => clock.axisText(ms)) },
          { ...axis, size: 64, values: (_, splits) => splits.map(text) },
        ],
        series: [
          {},
          {
            stroke: () => style.stroke,
            width: 1.5,
            points: {
              show: true,
              size: 4,
              fill: () => style.stroke,
              filter: (self, i) => lonePoints(Array.from(self.data[i] ?? [])),
            },
          },
          edge,
          edge,
        ],
        bands: [{ series: [3, 2], fill: () => style.fill }],
        hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)] },
      },
      [[], [], [], []],
      root,
    );
    chart.current = own;
    const redraw = () => own.redraw(false, false);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", redraw);
    const sizes = new ResizeObserver(() => own.setSize({ width: root.clientWidth, height: heightPx }));
    sizes.observe(root);
    return () => {
      scheme.removeEventListener("change", redraw);
      sizes.disconnect();
      own.destroy();
      chart.current = null;
    };
  }, [clock, text]);

  // Another theme is drawn in other colours.
  useEffect(() => {
    const column = (of: keyof Measure) => measures.map((measure) => measure?.[of] ?? null);
    chart.current?.batch((own: UPlot) => {
      own.setData([[...timesMs], column("mean"), column("least"), column("most")], false);
      own.setScale("x", { min: fromMs, max: toMs });
    });
  }, [measures, timesMs, fromMs, toMs, clock, text, theme]);

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
