import { writeFileSync } from "node:fs";
import { until } from "@kissbot/testkit";
import type { TestContext } from "vitest";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import type { FleetDatabase } from "./fleet-database.js";
import type { InstalledProject } from "./installed-project.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";

export interface FleetHostPlan {
  readonly name: string;
  readonly database: FleetDatabase;
  /** What stands between the monitor and the fleet database. */
  readonly port?: number;
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
}

type Row = Record<string, unknown>;

/**
 * Counts and sums of one host's rows, in which its file and the fleet database must agree. The
 * serial number of a call is in its `tokens_in`.
 */
const questions = {
  usage: {
    here: `SELECT channel, count(*), count(DISTINCT tokens_in), sum(tokens_in) FROM llm_usage GROUP BY 1 ORDER BY 1`,
    there: `SELECT channel, count(*)::int AS calls, count(DISTINCT tokens_in)::int AS serials, sum(tokens_in)::int AS sum
 FROM kissbot.llm_usage WHERE @ GROUP BY 1 ORDER BY 1`,
  },
  hours: {
    here: `SELECT channel, strftime('%Y-%m-%d %H', ts), count(*), sum(tokens_in) FROM llm_usage GROUP BY 1, 2 ORDER BY 1, 2`,
    there: `SELECT channel, to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24') AS hour, sum(calls)::int AS calls, sum(tokens_in)::int AS sum
 FROM kissbot.usage_hours WHERE @ GROUP BY 1, 2 ORDER BY 1, 2`,
  },
  custom: {
    here: `SELECT channel, count(*), CAST(sum(value) AS INTEGER) FROM monitor_custom_metrics GROUP BY 1 ORDER BY 1`,
    there: `SELECT channel, count(*)::int AS metrics, sum(value)::int AS sum FROM kissbot.custom_metrics WHERE @ GROUP BY 1 ORDER BY 1`,
  },
  changes: {
    here: `SELECT channel, to_status, count(*), sum(pid) FROM monitor_status_history GROUP BY 1, 2 ORDER BY 1, 2`,
    there: `SELECT channel, to_status, count(*)::int AS changes, sum(pid)::int AS pids FROM kissbot.status_history WHERE @ GROUP BY 1, 2 ORDER BY 1, 2`,
  },
  // Sums of fractions differ by the order in which they were added.
  samples: {
    here: `SELECT channel, count(*), CAST(round(sum(rss_mb)) AS INTEGER) FROM bot_metrics GROUP BY 1 ORDER BY 1`,
    there: `SELECT channel, sum(n)::int AS samples, round(sum(rss_sum))::int AS mb FROM kissbot.metric_minutes WHERE @ GROUP BY 1 ORDER BY 1`,
  },
  bots: {
    here: `SELECT channel, pid, status FROM monitor_bots ORDER BY 1`,
    there: `SELECT channel, pid::int, status FROM kissbot.bots WHERE @ ORDER BY 1`,
  },
} as const;
type Kind = keyof typeof questions;
const kinds = Object.keys(questions) as Kind[];

/** The answers of one host, a list of lines by question. */
export type HostRows = Readonly<Record<Kind, readonly string[]>>;

function rowsOf(ask: (kind: Kind) => readonly Row[]): HostRows {
  const lines = kinds.map((kind) => [kind, ask(kind).map((row) => Object.values(row).join(" "))]);
  return Object.fromEntries(lines) as HostRows;
}

/** One of several hosts with one fleet database: a monitor with a file of its own, and its bots. */
export class FleetHost implements AsyncDisposable {
  readonly name: string;
  readonly scene: Scene;
  readonly file: DatabaseFile;
  readonly #plan: FleetHostPlan;
  #monitor: MonitorProcess | null = null;
  #bots: Fleet | null = null;

  private constructor(scene: Scene, plan: FleetHostPlan) {
    this.name = plan.name;
    this.scene = scene;
    this.file = new DatabaseFile(scene);
    this.#plan = plan;
    writeFileSync(scene.file("password"), `${plan.database.server.password}\n`, { mode: 0o600 });
  }

  static async open(context: Pick<TestContext, "onTestFailed">, plan: FleetHostPlan): Promise<FleetHost> {
    return new FleetHost(await Scene.open(context), plan);
  }

  get monitor(): MonitorProcess {
    if (this.#monitor === null) throw new Error(`${this.name} has no monitor yet`);
    return this.#monitor;
  }

  get bots(): Fleet {
    if (this.#bots === null) throw new Error(`${this.name} has no bots yet`);
    return this.#bots;
  }

  /** Its monitor, of this build or of another one; the one before must be gone. */
  async startMonitor(project: InstalledProject = this.scene.project): Promise<void> {
    const { database, port, flags = [], env = {} } = this.#plan;
    const fleet = ["--fleet", database.urlAt(port), "--fleet-password-file", this.scene.file("password")];
    this.#monitor = await MonitorProcess.start(this.scene, {
      project,
      flags: ["--name", this.name, ...fleet, ...flags],
      env,
      startMs: 120_000,
    });
  }

  /** As an upgrade does: its monitor is stopped, and one of that build started. */
  async changeMonitor(project: InstalledProject): Promise<void> {
    this.monitor.signal("SIGTERM");
    await this.monitor.ends(20_000);
    await this.startMonitor(project);
  }

  async startBots(count: number, callsPerSecond: number): Promise<void> {
    this.#bots = await Fleet.start(this.scene, {
      name: this.name,
      processes: 1,
      botsPerProcess: count,
      heartbeatMs: 5_000,
      callsPerSecond,
      metricsPerSecond: callsPerSecond / 5,
    });
  }

  /** Its bots end without a goodbye. */
  async killBots(): Promise<void> {
    await Promise.all(this.bots.processes.map((bots) => bots.kill()));
  }

  /** No more traffic: what the clients hold is sent, and every bot says goodbye. */
  async dismissBots(): Promise<void> {
    await this.bots.stop();
    await Promise.all(this.bots.processes.map((bots) => bots.ask("unregister")));
    await until(`every bot of ${this.name} is offline`, async () => {
      const { bots } = await this.monitor.health();
      return (bots["online"] ?? 0) + (bots["stale"] ?? 0) === 0;
    });
  }

  /** Resolves when all that its monitor has taken is in its file. */
  async isStored(): Promise<void> {
    await until(
      `all of ${this.name} is stored`,
      async () => {
        const metrics = await this.monitor.metrics();
        return metrics.sum("kissbot_queue_depth") === 0 && metrics.sum("kissbot_store_pending_rows") === 0;
      },
      { timeoutMs: 60_000 },
    );
  }

  rowsHere(): HostRows {
    return rowsOf((kind) => this.file.rows(questions[kind].here));
  }

  async rowsThere(): Promise<HostRows> {
    const { database } = this.#plan;
    const [host = -1] = await database.numbers(
      `SELECT host_no FROM kissbot.hosts WHERE name = '${this.name}'`,
    );
    const rows = new Map<Kind, Row[]>();
    for (const kind of kinds)
      rows.set(kind, await database.rows(questions[kind].there.replace("@", `host_no = ${host}`)));
    return rowsOf((kind) => rows.get(kind) ?? []);
  }

  /** Resolves when the fleet database has exactly what the file had. */
  async hasArrived(expected: HostRows, timeoutMs = 120_000): Promise<void> {
    let different: unknown = "nothing";
    await until(
      `all of ${this.name} is in the fleet database`,
      async () => {
        const there = await this.rowsThere();
        different = kinds
          .filter((kind) => there[kind].join("\n") !== expected[kind].join("\n"))
          .map((kind) => ({
            kind,
            here: expected[kind].filter((line) => !there[kind].includes(line)).slice(0, 3),
            there: there[kind].filter((line) => !expected[kind].includes(line)).slice(0, 3),
          }));
        return Array.isArray(different) && different.length === 0;
      },
      { timeoutMs, describe: () => different },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
  }
}
