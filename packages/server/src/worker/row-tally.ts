import { type BatchRows, countOf, eachKind, tableOf } from "./batch-rows.js";

/** Counts rows under way, and by table those committed and those lost. */
export class RowTally {
  readonly committed: Record<string, number> = {};
  readonly lost: Record<string, number> = {};
  /** Without the records of bots. */
  inFlight = 0;

  constructor() {
    for (const table of Object.values(tableOf)) {
      this.committed[table] = 0;
      this.lost[table] = 0;
    }
  }

  /** Rows set out, if there are any. */
  depart(rows: BatchRows | null): BatchRows | null {
    if (rows !== null) this.inFlight += countOf(rows);
    return rows;
  }

  /** Rows that had set out are committed, or lost. */
  settle(rows: BatchRows, into: "committed" | "lost"): void {
    this.inFlight -= countOf(rows);
    eachKind(rows, (kind, count) => this.#add(into, tableOf[kind], count));
  }

  /** Rows that never set out are lost. */
  lose(table: string, count: number): void {
    this.#add("lost", table, count);
  }

  #add(into: "committed" | "lost", table: string, count: number): void {
    this[into][table] = (this[into][table] ?? 0) + count;
  }
}
