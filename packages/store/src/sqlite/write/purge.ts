import type { Database, Statement } from "better-sqlite3";
import type { Cuts } from "../../retention.js";
import type { MaintenanceReport } from "../../store.js";
import { boundFromMs } from "../../timestamp.js";

type Kind = keyof MaintenanceReport["deleted"];

/** Rows that one transaction deletes: a few milliseconds, and little log. */
const rowsPerStep = 1_000;

interface Target {
  readonly kind: Kind;
  readonly cut: keyof Cuts;
  readonly table: string;
  /**
   * The leading columns of its index before the time; null where the index begins with the time.
   */
  readonly group: readonly string[] | null;
  readonly time: string;
  readonly text: boolean;
  readonly key: string;
  readonly source?: string;
  /** Which rows stay although they are old: the rest of a WHERE. */
  readonly unless?: string;
}

/**
 * What is done for each group of a target: whether there is anything to delete, and the deletion of
 * some of it.
 */
interface Deletion {
  readonly any: Statement;
  readonly statements: readonly Statement[];
}

const targets: readonly Target[] = [
  {
    kind: "botMetrics",
    cut: "metricsDays",
    table: "bot_metrics",
    group: ["channel"],
    time: "ts",
    text: true,
    key: "id",
    source: "bot_metrics",
  },
  {
    kind: "minutes",
    cut: "minuteDays",
    table: "monitor_metric_minutes",
    group: ["channel"],
    time: "bucket_ms",
    text: false,
    key: "(channel, bucket_ms)",
  },
  {
    kind: "hours",
    cut: "hourDays",
    table: "monitor_metric_hours",
    group: ["channel"],
    time: "bucket_ms",
    text: false,
    key: "(channel, bucket_ms)",
  },
  {
    kind: "customMetrics",
    cut: "customMetricsDays",
    table: "monitor_custom_metrics",
    group: ["channel", "metric_name"],
    time: "ts_ms",
    text: false,
    key: "id",
  },
  {
    kind: "statusChanges",
    cut: "statusHistoryDays",
    table: "monitor_status_history",
    group: null,
    time: "ts_ms",
    text: false,
    key: "id",
  },
  {
    kind: "llmUsage",
    cut: "usageDays",
    table: "llm_usage",
    group: ["channel"],
    time: "ts",
    text: true,
    key: "id",
    source: "llm_usage",
  },
  {
    kind: "runs",
    cut: "statusHistoryDays",
    table: "monitor_runs",
    group: null,
    time: "seen_ms",
    text: false,
    key: "(started_ms, producer)",
    // The open run is the newest; after a clock that was wrong, by its start or by its last word.
    unless:
      "started_ms = (SELECT max(started_ms) FROM monitor_runs) OR seen_ms = (SELECT max(seen_ms) FROM monitor_runs)",
  },
  {
    kind: "alerts",
    cut: "statusHistoryDays",
    table: "monitor_alerts",
    group: null,
    time: "closed_ms",
    text: false,
    key: "alert_id",
  },
  {
    kind: "notices",
    cut: "statusHistoryDays",
    table: "monitor_notices",
    group: null,
    time: "settled_ms",
    text: false,
    key: "notice_id",
  },
  {
    kind: "silences",
    cut: "statusHistoryDays",
    table: "monitor_silences",
    group: null,
    time: "until_ms",
    text: false,
    key: "silence_id",
  },
];

export function noneDeleted(): Record<Kind, number> {
  return {
    botMetrics: 0,
    minutes: 0,
    hours: 0,
    customMetrics: 0,
    statusChanges: 0,
    llmUsage: 0,
    runs: 0,
    alerts: 0,
    notices: 0,
    silences: 0,
  };
}

/**
 * Deletes what is past its retention, a small step at a time. None of the old tables has an index
 * that begins with the time, and they are not altered; so it walks from channel to channel over
 * (channel, ts), where the old rows of each stand together. A raw row that the rollups have not
 * seen yet stays.
 */
export class Purge {
  readonly #db: Database;
  readonly #cuts: Cuts;
  readonly deleted = noneDeleted();
  readonly #walk: Iterator<boolean>;

  constructor(db: Database, cuts: Cuts) {
    this.#db = db;
    this.#cuts = cuts;
    this.#walk = this.#steps();
  }

  /** One step; false when nothing is left to do. */
  deleteNext(): boolean {
    return this.#walk.next().done !== true;
  }

  *#steps(): Generator<boolean, void> {
    for (const target of targets) {
      const cutMs = this.#cuts[target.cut];
      if (cutMs === null) continue;
      const cut = target.text ? boundFromMs(cutMs) : cutMs;
      const deletion = this.#deletionOf(target);
      if (target.group === null) {
        yield* this.#delete(target.kind, deletion, [cut]);
        continue;
      }
      const groups = this.#groupsOf(target, target.group);
      for (let group = groups.first(); group !== undefined; group = groups.next(group)) {
        yield* this.#delete(target.kind, deletion, [...group, cut]);
      }
    }
  }

  /**
   * Of a group that has nothing to delete, as nearly all have nearly always, one look in the index
   * is the whole cost, and no lock is taken.
   */
  *#delete(kind: Kind, { any, statements }: Deletion, values: readonly unknown[]): Generator<boolean, void> {
    while (any.get(...values) !== undefined) {
      const changes = this.#db.transaction(() => lastChanges(statements, values)).immediate();
      this.deleted[kind] += changes;
      yield true;
      if (changes < rowsPerStep) return;
    }
    yield true;
  }

  #deletionOf({ table, group, key, time, source, unless }: Target): Deletion {
    const columns = key.replaceAll(/[()]/g, "");
    const where = group?.map((name) => `${name} = ? AND `).join("") ?? "";
    const rolled =
      source === undefined
        ? ""
        : ` AND id <= (SELECT last_id FROM monitor_rollup_cursors WHERE source = '${source}')`;
    const kept = unless === undefined ? "" : ` AND NOT (${unless})`;
    const old = `FROM ${table} WHERE ${where}${time} < ?${rolled}${kept}`;
    const chosen = `SELECT ${columns} ${old} ORDER BY ${time} LIMIT ${rowsPerStep}`;
    const statements = [this.#db.prepare(`DELETE FROM ${table} WHERE ${key} IN (${chosen})`)];
    if (table === "llm_usage") {
      statements.unshift(this.#db.prepare(`DELETE FROM monitor_usage_extras WHERE usage_id IN (${chosen})`));
    }
    if (table === "bot_metrics") {
      statements.unshift(
        this.#db.prepare(`DELETE FROM monitor_metric_shares WHERE metric_id IN (${chosen})`),
      );
    }
    if (table === "monitor_alerts") {
      statements.unshift(this.#db.prepare(`DELETE FROM monitor_tells WHERE alert_id IN (${chosen})`));
    }
    return { any: this.#db.prepare(`SELECT 1 ${old} LIMIT 1`), statements };
  }

  /** The distinct leading values of an index, each found by one seek. */
  #groupsOf({ table }: Target, columns: readonly string[]) {
    const list = columns.join(", ");
    const marks = columns.map(() => "?").join(", ");
    const first = this.#db.prepare(`SELECT ${list} FROM ${table} ORDER BY ${list} LIMIT 1`).raw();
    const next = this.#db
      .prepare(`SELECT ${list} FROM ${table} WHERE (${list}) > (${marks}) ORDER BY ${list} LIMIT 1`)
      .raw();
    return {
      first: () => first.get() as unknown[] | undefined,
      next: (group: readonly unknown[]) => next.get(...group) as unknown[] | undefined,
    };
  }
}

function lastChanges(statements: readonly Statement[], values: readonly unknown[]): number {
  let changes = 0;
  for (const statement of statements) changes = statement.run(...values).changes;
  return changes;
}
