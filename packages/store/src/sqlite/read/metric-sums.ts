import type { ReadConnection } from "./read-connection.js";

/** How a question sums samples. */
export interface MetricSums {
  /** Of raw rows `m`, and what is joined to them. */
  readonly raw: string;
  readonly join: string;
  /** Of several rows `r` of a rollup, and of one row. */
  readonly rolled: string;
  readonly row: string;
  /** The two sums alone, of several rows and of one. */
  readonly loads: (name: "rss" | "cpu") => { readonly rolled: string; readonly row: string };
}

/** Each sample whole, as it was measured. */
export const wholeSums = sumsOf({
  join: "",
  raw: (column) => `total(m.${column})`,
  rolled: (name) => `total(r.${name}_sum)`,
  row: (name) => `r.${name}_sum`,
});

/** Of each sample what counts for its bot: shares were there when these columns were. */
const shared = sumsOf({
  join: "LEFT JOIN monitor_metric_shares AS s ON s.metric_id = m.id",
  raw: (column) => `total(m.${column} * coalesce(s.share, 1))`,
  rolled: (name) => ownPart(`total(r.${name}_sum)`, `total(r.${name}_others)`),
  row: (name) => ownPart(`r.${name}_sum`, `r.${name}_others`),
});

/**
 * The sums of a fleet. A file that is only read may be older than the shares: there each sample
 * counts whole.
 */
export function fleetSums(connection: ReadConnection): MetricSums {
  return connection.hasColumn("monitor_metric_shares", "share") ? shared : wholeSums;
}

/**
 * A sum without what counts for other bots. Huge values may make both infinite, and their
 * difference null.
 */
function ownPart(sum: string, others: string): string {
  return `coalesce(max(0, ${sum} - ${others}), ${sum})`;
}

function sumsOf({
  join,
  raw,
  rolled,
  row,
}: {
  readonly join: string;
  readonly raw: (column: "rss_mb" | "cpu_pct") => string;
  readonly rolled: (name: "rss" | "cpu") => string;
  readonly row: (name: "rss" | "cpu") => string;
}): MetricSums {
  return {
    join,
    raw: `count(*), ${raw("rss_mb")}, min(m.rss_mb), max(m.rss_mb), ${raw("cpu_pct")}, min(m.cpu_pct), max(m.cpu_pct)`,
    rolled: `sum(r.n), ${rolled("rss")}, min(r.rss_min), max(r.rss_max), ${rolled("cpu")}, min(r.cpu_min), max(r.cpu_max)`,
    row: `r.n, ${row("rss")}, r.rss_min, r.rss_max, ${row("cpu")}, r.cpu_min, r.cpu_max`,
    loads: (name) => ({ rolled: rolled(name), row: row(name) }),
  };
}
