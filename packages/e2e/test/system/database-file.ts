import { createRequire } from "node:module";
import type { Scene } from "./scene.js";

type Row = Record<string, unknown>;

interface Statement {
  all(...parameters: readonly unknown[]): Row[];
  run(...parameters: readonly unknown[]): unknown;
}

interface Connection {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  pragma(sql: string, options?: { simple: boolean }): unknown;
  close(): void;
}

/**
 * Rows of `llm_usage` per channel: how many there are, and the serial numbers that bots put into
 * `tokens_in`.
 */
export type StoredCalls = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * The scene's database, seen with a connection that is not the store's. Each question opens and
 * closes it.
 */
export class DatabaseFile {
  readonly #open: (readonly: boolean) => Connection;

  constructor(scene: Scene) {
    const Driver = createRequire(import.meta.url)(scene.project.driverPath) as new (
      path: string,
      options: object,
    ) => Connection;
    this.#open = (readonly) => new Driver(scene.storePath, { readonly, timeout: 10_000 });
  }

  rows<Shape = Row>(sql: string): Shape[] {
    return this.#with(true, (db) => db.prepare(sql).all() as Shape[]);
  }

  /** The one value of the one row. */
  value(sql: string): unknown {
    return Object.values(this.rows(sql)[0] ?? {})[0];
  }

  count(table: string): number {
    return Number(this.value(`SELECT count(*) FROM ${table}`));
  }

  execute(sql: string): void {
    this.#with(false, (db) => db.exec(sql));
  }

  check(): unknown {
    return this.value("PRAGMA integrity_check");
  }

  /** Throws where a call is stored twice. */
  calls(): StoredCalls {
    const calls = new Map<string, Set<number>>();
    const rows = this.rows<{ channel: string; serial: number }>(
      "SELECT channel, tokens_in AS serial FROM llm_usage WHERE feature = 'e2e'",
    );
    for (const { channel, serial } of rows) {
      const serials = calls.get(channel) ?? new Set();
      calls.set(channel, serials);
      if (serials.has(serial)) throw new Error(`call ${serial} of ${channel} is stored twice`);
      serials.add(serial);
    }
    return calls;
  }

  /** Every change of status, oldest first. */
  transitions(): { channel: string; from: string | null; to: string; cause: string }[] {
    return this.rows(
      'SELECT channel, from_status AS "from", to_status AS "to", cause FROM monitor_status_history ORDER BY id',
    );
  }

  #with<Answer>(readonly: boolean, use: (db: Connection) => Answer): Answer {
    const db = this.#open(readonly);
    try {
      return use(db);
    } finally {
      db.close();
    }
  }
}
