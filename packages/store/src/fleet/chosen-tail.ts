import { type FleetSource, fleetSources } from "../fleet-source.js";
import type { IdRange } from "../ranges.js";
import { SourceTail } from "../sqlite/read/source-tail.js";

/** What of a host's rows is sent. */
export interface SendingChoice {
  /** Samples of CPU and memory, as sums by minute and hour; false keeps them on the host. */
  readonly hasMetrics: boolean;
  /** How old rows may be, in milliseconds; null: as old as there are. */
  readonly mostAgeMs: number | null;
}

/** By how many rows it is judged whether those before them are too old. */
const judgedRows = 200;

type Openings = ReturnType<SourceTail["openings"]>;
type FirstIds = Readonly<Record<FleetSource, number>>;

/**
 * The tail without what is not sent, which so neither waits nor is lost. How old rows are counts
 * from its opening on. `nowMs`: the clock of this host, whose times the rows have.
 */
export class ChosenTail extends SourceTail {
  readonly #choice: SendingChoice;
  readonly #nowMs: number;
  /** Where the rows begin that are young enough. */
  #firstIds: FirstIds | null = null;

  constructor(path: string, choice: SendingChoice, nowMs: number) {
    super(path);
    this.#choice = choice;
    this.#nowMs = nowMs;
  }

  override openings(): Openings {
    const openings = super.openings();
    const { hasMetrics, mostAgeMs } = this.#choice;
    if (mostAgeMs !== null) this.#firstIds ??= firstIdsSince(this, openings, this.#nowMs - mostAgeMs);
    const chosen = fleetSources.map((source) => {
      if (source === "metrics" && !hasMetrics) return [source, []];
      const from = this.#firstIds?.[source] ?? 0;
      const clipped = openings[source].map((one) => ({ ...one, first: Math.max(one.first, from) }));
      return [source, clipped.filter(({ first, last }) => first <= last)];
    });
    return Object.fromEntries(chosen) as Openings;
  }
}

/** By source, the first id whose row is not older than this. */
function firstIdsSince(tail: SourceTail, openings: Openings, sinceMs: number): FirstIds {
  const first = (source: FleetSource) => {
    const [newest] = openings[source];
    const oldest = openings[source].at(-1);
    if (newest === undefined || oldest === undefined) return 0;
    return firstIdSince(tail, source, { first: oldest.first, last: newest.last }, sinceMs);
  };
  return Object.fromEntries(fleetSources.map((source) => [source, first(source)])) as FirstIds;
}

/**
 * Ids grow with time but for rows that came late or whose bot has another clock. So halving asks
 * whether all of some rows are older, and finds the first of them that is not in a few reads.
 * Answers the id behind `within` where every row is older.
 */
function firstIdSince(tail: SourceTail, source: FleetSource, within: IdRange, sinceMs: number): number {
  let [low, high] = [within.first, within.last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const id = nextRow(tail, source, { first: middle, last: within.last });
    if (id === null || areYoung(tail, source, { first: id, last: within.last }, sinceMs)) high = middle;
    else low = id + 1;
  }
  // What retention deleted before it was as old at least.
  let id = nextRow(tail, source, { first: low, last: within.last });
  while (id !== null && !isYoung(timeOf(tail, source, id), sinceMs))
    id = nextRow(tail, source, { first: id + 1, last: within.last });
  return id ?? within.last + 1;
}

/** Nobody knows the time of a row that no store takes. */
const isYoung = (tsMs: number | null, sinceMs: number) => tsMs === null || tsMs >= sinceMs;

/** Whether one of the first rows there is young. */
function areYoung(tail: SourceTail, source: FleetSource, { first, last }: IdRange, sinceMs: number): boolean {
  const { table, rejected } = tail.read(source, { first, last: Math.min(last, first + judgedRows - 1) });
  if (rejected > 0) return true;
  for (let i = 0; i < table.length; i++) if (isYoung(table.columns.tsMs.numberAt(i), sinceMs)) return true;
  return false;
}

function nextRow(tail: SourceTail, source: FleetSource, { first, last }: IdRange): number | null {
  if (first > last) return null;
  const { table, rejected } = tail.read(source, { first, last: first });
  if (table.length + rejected > 0) return first;
  const empty = tail.emptyAround(source, { first, last: first }, { first, last });
  return empty.last < last ? empty.last + 1 : null;
}

/** Null for a row that no store takes: nobody knows its time. */
function timeOf(tail: SourceTail, source: FleetSource, id: number): number | null {
  const { table } = tail.read(source, { first: id, last: id });
  return table.length === 0 ? null : table.columns.tsMs.numberAt(0);
}
