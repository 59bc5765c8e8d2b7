import UPlot from "uplot";
import type { ZoneClock } from "../frame/time-text.js";
import { lonePoints, type Measure } from "./measurements.js";

interface ChartMeans {
  readonly width: number;
  readonly height: number;
  readonly clock: ZoneClock;
  /** A value with its unit. */
  readonly text: (value: number) => string;
  /** Which point the pointer is at; null is none. */
  readonly onPointed: (index: number | null) => void;
}

/** What a chart shows. Points and times are of the same number. */
export interface Drawing {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timesMs: readonly number[];
  readonly measures: readonly (Measure | null)[];
}

/** A chart over time from 0 up: a line, and around it a band. */
export class DrawnChart {
  readonly #plot: UPlot;
  readonly #height: number;

  constructor(root: HTMLElement, { width, height, clock, text, onPointed }: ChartMeans) {
    // A canvas knows no variable and no scheme: the style sheet says them by the properties of the
    // element around it.
    const style = getComputedStyle(root);
    const axis = {
      stroke: () => style.color,
      grid: { stroke: () => style.borderTopColor, width: 1 },
      ticks: { show: false },
      font: `12px ${style.fontFamily}`,
    };
    const edge = { stroke: "transparent", points: { show: false } };
    this.#height = height;
    this.#plot = new UPlot(
      {
        width,
        height,
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
        hooks: { setCursor: [({ cursor }) => onPointed(cursor.idx ?? null)] },
      },
      [[], [], [], []],
      root,
    );
  }

  show({ fromMs, toMs, timesMs, measures }: Drawing): void {
    const column = (of: keyof Measure) => measures.map((measure) => measure?.[of] ?? null);
    this.#plot.batch((plot: UPlot) => {
      plot.setData([[...timesMs], column("mean"), column("least"), column("most")], false);
      plot.setScale("x", { min: fromMs, max: toMs });
    });
  }

  /** The colours may be others now. */
  redraw(): void {
    this.#plot.redraw(false, false);
  }

  widen(width: number): void {
    this.#plot.setSize({ width, height: this.#height });
  }

  end(): void {
    this.#plot.destroy();
  }
}
