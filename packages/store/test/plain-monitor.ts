import { expect } from "vitest";
import type { Batch } from "../src/batch.js";
import { type FleetSource, sourceTables } from "../src/fleet-source.js";
import { packBatch } from "../src/packed-batch.js";
import { openWriter } from "../src/sqlite/file/connection.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { OpenFile } from "../src/sqlite/write/open-file.js";
import { customRows, metricRows, usageRows } from "./rows.js";

/** Where each source keeps a number that the test gave the row. */
export const marks = { status: "pid", usage: "tokens_in", custom: "value", metrics: "pid" } as const;

let seq = 0;

export function numbered(rows: Partial<Batch>): Batch {
  seq += 1;
  return { producer: "opening", epoch: 1, seq, ...rows };
}

/** A database that is opened as the writer's thread opens it. */
export class Monitor {
  readonly path: string;
  #file: OpenFile | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Writes so many rows of a source, marked from `mark` on; `tsMs`: all of this time. */
  write(source: FleetSource, rows: number, mark: number, tsMs?: number): void {
    const list = Array.from({ length: rows }, (_, i) => mark + i);
    const [usage] = usageRows(1);
    const [metric] = metricRows(1);
    const [custom] = customRows(1);
    if (usage === undefined || metric === undefined || custom === undefined) throw new Error("no rows");
    const time = tsMs === undefined ? {} : { tsMs };
    const change = { tsMs: tsMs ?? 1, channel: "a", from: null, to: "online", cause: "c" } as const;
    const batch = {
      status: { statusChanges: list.map((pid) => ({ ...change, pid })) },
      usage: { llmUsage: list.map((tokensIn) => ({ ...usage, ...time, tokensIn })) },
      custom: { customMetrics: list.map((value) => ({ ...custom, ...time, value })) },
      metrics: { botMetrics: list.map((pid) => ({ ...metric, ...time, pid })) },
    }[source];
    expect(this.open().commitBatches([packBatch(numbered(batch))])).toEqual(["applied"]);
  }

  /** Deletes the oldest rows of a source, or all. */
  purge(source: FleetSource, share: number): void {
    const { db } = this.open();
    const table = sourceTables[source];
    const last = db.prepare(`SELECT coalesce(max(id), 0) FROM ${table}`).pluck().get() as number;
    db.prepare(`DELETE FROM ${table} WHERE id <= ?`).run(Math.ceil(last * share));
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  /** Opens the file, if it is not open. */
  open(): OpenFile {
    if (this.#file === null) {
      const db = openWriter(this.path);
      migrate(db, this.path);
      this.#file = new OpenFile(db, this.path, 8 * 1024 * 1024);
    }
    return this.#file;
  }
}
