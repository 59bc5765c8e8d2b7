import { readdirSync, readFileSync } from "node:fs";
import { type Forwarding, startForwarding } from "@kissbot/store/fleet";
import { Link } from "../../../store/src/postgres/link.js";
import { migratePostgres } from "../../../store/src/postgres/migration.js";
import { parsePostgresUrl } from "../../../store/src/postgres/postgres-url.js";
import { PostgresServer } from "../../../testkit/src/postgres-server.js";
import { parentOf, signal } from "../../../testkit/src/process-tree.js";
import { until } from "../../../testkit/src/until.js";

/** Of `/proc`: how long a tick of the CPU's accounting is. */
const tickMs = 10;

const measured = {
  max_wal_size: "4GB",
  shared_buffers: "256MB",
  synchronous_commit: "on",
  fsync: "on",
  track_commit_timestamp: "on",
};

/** A PostgreSQL, and a schema of it for each measurement. */
export class FleetStage implements AsyncDisposable {
  readonly server: PostgresServer;
  #schemas = 0;
  readonly #links: Link[] = [];

  private constructor(server: PostgresServer) {
    this.server = server;
  }

  /** Whether this machine has what it takes. */
  static isHere(): boolean {
    return PostgresServer.missing("newest") === null;
  }

  /** `settings`: other ones than those of a server that is measured. */
  static async start(settings: Readonly<Record<string, string>> = measured): Promise<FleetStage> {
    return new FleetStage(await PostgresServer.start({ settings }));
  }

  /** The URL of a schema that nobody has used. */
  async schema(): Promise<string> {
    const { user, port, folder } = this.server;
    const url = `postgres://${user}@/postgres?host=${encodeURIComponent(folder)}&port=${port}&schema=s${++this.#schemas}`;
    const link = new Link(parsePostgresUrl(url), { name: "bench" });
    await migratePostgres(link);
    await link.close();
    return url;
  }

  /** The same by TCP and another port. */
  byTcp(url: string, port: number): string {
    const { user, password } = this.server;
    const { schema } = parsePostgresUrl(url);
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres?schema=${schema}`;
  }

  link(url: string): Link {
    const link = new Link(parsePostgresUrl(url), { name: "bench" });
    this.#links.push(link);
    return link;
  }

  async number(link: Link, question: string): Promise<number> {
    const [row] = await link.rows(`SELECT (${question})::float8 AS n`);
    return Number(row?.["n"] ?? 0);
  }

  /** CPU that the backend of a connection has taken, by its name. */
  async backendMs(link: Link, name: string): Promise<number> {
    const pids = await link.rows<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = '${name}'`,
    );
    return pids.reduce((sum, { pid }) => {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [user, system] = text
        .slice(text.lastIndexOf(")") + 2)
        .split(" ")
        .slice(11, 13)
        .map(Number);
      return sum + ((user ?? 0) + (system ?? 0)) * tickMs;
    }, 0);
  }

  /** Stops every process of the server; the answer says which, to let them go on. */
  freeze(): number[] {
    const { pid } = this.server;
    const own = readdirSync("/proc").filter((one) => /^\d+$/.test(one) && parentOf(one) === pid);
    const pids = [pid, ...own.map(Number)];
    for (const one of pids) signal(one, "SIGSTOP");
    return pids;
  }

  /** The server resumes first, and then reaps any child that ended while it was stopped. */
  unfreeze(pids: readonly number[]): void {
    for (const one of pids) signal(one, "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Sends as fast as it can, backlog or not. */
export function forward(store: string, fleet: string): Forwarding {
  return startForwarding({ store, fleet, name: "bench", backlogRowsPerSecond: 1e9 });
}

/**
 * Resolves with the time of the commit that brought the last of so many calls, in Unix
 * milliseconds. Nothing is asked while they are sent: the questions would count as the sender's.
 */
export async function untilSent(
  stage: FleetStage,
  link: Link,
  forwarding: Forwarding,
  rows: number,
): Promise<number> {
  const isSent = () => forwarding.status.counts.bySource.usage.rows >= rows;
  await until(`${rows} rows are there`, isSent, { timeoutMs: 300_000 });
  const { schema } = link.url;
  const calls = await stage.number(link, `SELECT sum(calls) FROM ${schema}.usage_hours`);
  if (calls !== rows) throw new Error(`${calls} of ${rows} calls are there`);
  const commit = `SELECT max(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000) FROM ${schema}.cursors WHERE source = 'usage'`;
  return await stage.number(link, commit);
}
