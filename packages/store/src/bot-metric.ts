import type { Column } from "./column.js";

/** One sample of one bot's process. A sample whose CPU is not known yet makes no record: nothing is invented. */
export interface BotMetric {
  readonly tsMs: number;
  readonly channel: string;
  readonly pid: number;
  readonly rssMb: number;
  /** 100 is one core. */
  readonly cpuPct: number;
  /** As in `BotRecord`: the old table repeats it in every row. */
  readonly featuresJson: string;
}

export const botMetricColumns: readonly Column<BotMetric>[] = [
  { field: "channel", kind: "text", get: (row) => row.channel },
  { field: "featuresJson", kind: "text", get: (row) => row.featuresJson },
  { field: "tsMs", kind: "time", get: (row) => row.tsMs },
  { field: "pid", kind: "count", get: (row) => row.pid },
  { field: "rssMb", kind: "amount", get: (row) => row.rssMb },
  { field: "cpuPct", kind: "amount", get: (row) => row.cpuPct },
];
