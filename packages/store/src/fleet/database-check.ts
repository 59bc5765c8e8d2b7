import { StoreError } from "../error.js";
import { describeFailure, Link } from "../postgres/link.js";
import { countPendingSteps } from "../postgres/migration.js";
import { partitionedTables, readPartitions, spanOf } from "../postgres/partition.js";
import { isLocal, type PostgresUrl, parsePostgresUrl, shownUrl } from "../postgres/postgres-url.js";
import { quoted } from "../postgres/record-columns.js";
import { connectionFailureOf } from "./connection-failure.js";
import { currentLeaderJson, type FleetLeader } from "./fleet-leader.js";

/** `fail`: a monitor cannot send until it is mended. */
export type FleetCheckLevel = "ok" | "warn" | "fail";

/** One look at a fleet database. */
export interface FleetFinding {
  readonly check:
    | "driver"
    | "reach"
    | "tls"
    | "password"
    | "database"
    | "version"
    | "writable"
    | "pooler"
    | "clock"
    | "schema"
    | "rights"
    | "partitions"
    | "leader"
    | "connections";
  readonly level: FleetCheckLevel;
  /** A sentence for people, without a secret. */
  readonly found: string;
  /** What to do; null where nothing is to be done. */
  readonly advice: string | null;
}

const oldestVersion = 140_000;
const mostSkewMs = 5_000;
/** With fewer, a monitor that begins to lead finds none. */
const fewConnections = 5;

/**
 * Looks at everything that a monitor needs of the fleet database at `url`, in order, and answers
 * what was found. It changes nothing. Where no connection comes about, the last finding says why.
 *
 * Throws `invalid_option` for a URL that is none.
 */
export async function checkFleetDatabase(url: string): Promise<readonly FleetFinding[]> {
  const target = parsePostgresUrl(url);
  const link = new Link(target, { name: "kissbot-monitor hosts check" });
  const found: FleetFinding[] = [];
  try {
    found.push(...(await checkConnection(link)));
    found.push(await checkVersion(link), await checkWritable(link));
    found.push(await checkPooler(link), await checkClock(link));
    const { isThere, findings } = await checkSchema(link);
    found.push(...findings);
    if (isThere) {
      const rights = await checkRights(link);
      found.push(rights, await checkPartitions(link));
      if (rights.level !== "fail" && findings.every(({ level }) => level === "ok"))
        found.push(await checkLeader(link));
    }
    found.push(await checkConnections(link));
  } catch (error) {
    const { check, advice } = connectionFailureOf(error);
    found.push({ check, level: "fail", found: describeFailure(error, target), advice });
  } finally {
    link.destroy();
  }
  return found;
}

async function checkConnection(link: Link): Promise<FleetFinding[]> {
  const startedMs = performance.now();
  await link.rows("SELECT 1");
  const tookMs = Math.round(performance.now() - startedMs);
  const reach = ok("reach", `${shownUrl(link.url)} answers, after ${tookMs} ms`);
  return [reach, tlsFinding(link.url), ok("password", `${link.url.user} may connect`)];
}

function tlsFinding({ hosts, tlsMode, rootCertificate }: PostgresUrl): FleetFinding {
  const remote = hosts.filter(({ host }) => !isLocal(host));
  if (remote.length === 0 && (tlsMode ?? "disable") === "disable")
    return ok("tls", "plain text, which does not leave this machine");
  const mode = tlsMode ?? "verify-full";
  const advice = "leave sslmode out of the URL: then certificate and name are checked";
  if (mode === "disable") return warn("tls", "plain text: passwords and rows can be read on the way", advice);
  if (mode === "require" && (rootCertificate === null || rootCertificate === "system"))
    return warn("tls", "encrypted, but any server is taken for the right one", advice);
  if (mode === "verify-full") return ok("tls", "encrypted; the certificate and the name are checked");
  return warn("tls", "encrypted; the certificate is checked, but not the name in it", advice);
}

async function checkVersion(link: Link): Promise<FleetFinding> {
  const [row] = await link.rows<{ number: number; text: string }>(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text",
  );
  const found = `PostgreSQL ${row?.text}`;
  if ((row?.number ?? 0) >= oldestVersion) return ok("version", found);
  return fail("version", found, "PostgreSQL 14 or newer is needed");
}

async function checkWritable(link: Link): Promise<FleetFinding> {
  const [row] = await link.rows<{ read_only: boolean; standby: boolean }>(
    "SELECT current_setting('transaction_read_only') = 'on' AS read_only, pg_is_in_recovery() AS standby",
  );
  if (row?.read_only !== true) return ok("writable", "it can be written to");
  const { advice } = connectionFailureOf({ code: "25006" });
  return fail("writable", row.standby ? "it is a standby" : "it is set to be read only", advice);
}

/**
 * A pooler by transaction gives two connections the same server process, one after the other; one
 * by statement allows no transaction at all.
 */
async function checkPooler(link: Link): Promise<FleetFinding> {
  const other = new Link(link.url, { name: "kissbot-monitor hosts check" });
  const pidOn = async (one: Link) =>
    (await one.rows<{ pid: number }>("SELECT pg_backend_pid() AS pid"))[0]?.pid;
  try {
    await pidOn(other);
    const isShared = (await pidOn(link)) === (await pidOn(other));
    try {
      await link.snapshot((rows) => rows("SELECT 1"));
    } catch (error) {
      if (!String((error as Error).message).includes("statement pooling")) throw error;
      return warn(
        "pooler",
        "a pooler by statement: rows are sent, but tables cannot be made through it",
        "give hosts migrate a URL that goes past the pooler",
      );
    }
    if (isShared) return ok("pooler", "a pooler by transaction, which is all that is needed");
    return ok("pooler", "none, or one by session");
  } finally {
    other.destroy();
  }
}

async function checkClock(link: Link): Promise<FleetFinding> {
  const sentMs = Date.now();
  const [row] = await link.rows<{ ms: number }>(
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms",
  );
  const skewMs = Math.round((row?.ms ?? 0) - (sentMs + Date.now()) / 2);
  const found = `the clock here and the database's differ by ${Math.abs(skewMs)} ms`;
  if (Math.abs(skewMs) <= mostSkewMs) return ok("clock", found);
  return warn(
    "clock",
    found,
    "set the clock, as with NTP; ages of other hosts are corrected by it until then",
  );
}

interface SchemaLook {
  readonly isThere: boolean;
  readonly findings: readonly FleetFinding[];
}

async function checkSchema(link: Link): Promise<SchemaLook> {
  const { schema } = link.url;
  const [row] = await link.rows<{ usable: boolean | null; owned: boolean | null; may_create: boolean }>(
    `SELECT has_schema_privilege(n.oid, 'USAGE') AS usable, pg_has_role(n.nspowner, 'USAGE') AS owned,
 has_database_privilege(current_database(), 'CREATE') AS may_create
 FROM (SELECT 1) AS one LEFT JOIN pg_namespace AS n ON n.nspname = $1`,
    [schema],
  );
  const mayMigrate = row?.owned === true || (row?.owned === null && row.may_create);
  const migrate = mayMigrate
    ? "run kissbot-monitor hosts migrate, or start a monitor, which does the same"
    : "run kissbot-monitor hosts migrate with the URL of the owner (kissbot-monitor hosts roles)";
  if (row?.usable === false) {
    const advice = "run the SQL that kissbot-monitor hosts roles prints";
    return { isThere: false, findings: [fail("rights", `no right to use the schema ${schema}`, advice)] };
  }
  try {
    const pending = row?.usable === null ? null : await countPendingSteps(link);
    const [tables] = await link.rows<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
      `${quoted(schema)}.hosts`,
    ]);
    const isThere = tables?.there === true;
    if (pending === 0) return { isThere, findings: [ok("schema", `the tables in ${schema} are up to date`)] };
    const state = isThere
      ? `the tables in ${schema} are older than this version`
      : `${schema} has no tables yet`;
    const level = mayMigrate ? "warn" : "fail";
    return { isThere, findings: [{ check: "schema", level, found: state, advice: migrate }] };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const advice = "update kissbot-monitor on this host";
    return { isThere: false, findings: [fail("schema", error.message, advice)] };
  }
}

async function checkRights(link: Link): Promise<FleetFinding> {
  const rights = ["SELECT", "INSERT", "UPDATE", "DELETE"] as const;
  const columns = rights.map((right) => `has_table_privilege(c.oid, '${right}') AS "${right}"`).join(", ");
  const rows = await link.rows<Record<(typeof rights)[number], boolean> & { name: string }>(
    `SELECT c.relname AS name, ${columns} FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    [link.url.schema],
  );
  // By right, so that the tables that cannot even be read are named first.
  const lacking = rights.flatMap((right) =>
    rows
      .filter((row) => !row[right] && (row.name !== "migrations" || right === "SELECT"))
      .map((row) => ({ table: row.name, right })),
  );
  if (lacking.length === 0) return ok("rights", `${link.url.user} may do all that a monitor needs`);
  const advice = "run the SQL that kissbot-monitor hosts roles prints";
  if (lacking.every(({ right }) => right !== "SELECT")) {
    const found = `${link.url.user} may not write to every table: enough for a hub that does not lead`;
    return warn("rights", found, advice);
  }
  const first = lacking.slice(0, 3).map(({ table, right }) => `${right} on ${table}`);
  const more = lacking.length > first.length ? ` and ${lacking.length - first.length} more` : "";
  return fail("rights", `${link.url.user} lacks ${first.join(", ")}${more}`, advice);
}

async function checkPartitions(link: Link): Promise<FleetFinding> {
  const present = (await readPartitions(link)).filter(({ fromMs }) => fromMs !== null);
  const names = new Set(present.map(({ name }) => name));
  const lacking = partitionedTables.filter((table) => !names.has(spanOf(table, Date.now()).name));
  if (lacking.length === 0) return ok("partitions", `${present.length}, and those of today are there`);
  const tables = lacking.map(({ table }) => table).join(", ");
  return warn(
    "partitions",
    `none of today for ${tables}: rows are kept all the same, and deleted more slowly`,
    "run kissbot-monitor hosts migrate once a day as the owner of the tables",
  );
}

async function checkLeader(link: Link): Promise<FleetFinding> {
  const { schema } = link.url;
  const [row] = await link.rows<{ leader: FleetLeader | null; is_missed: boolean }>(
    `SELECT ${currentLeaderJson(schema)} AS leader,
 EXISTS (SELECT FROM ${quoted(schema)}.hosts AS h WHERE h.state = 'up' AND h.seen_at > clock_timestamp() - interval '30 s'
 AND h.connected_at < clock_timestamp() - interval '60 s') AS is_missed`,
  );
  const leader = row?.leader ?? null;
  if (leader !== null) return ok("leader", leadsText(leader));
  if (row?.is_missed !== true) return ok("leader", "nobody: a monitor or a hub leads as soon as one runs");
  return warn(
    "leader",
    "nobody: silent hosts are not told, and nothing is deleted by age",
    "start a hub, or a monitor without --no-fleet-lead",
  );
}

function leadsText({ name, isHub }: FleetLeader): string {
  if (!isHub) return `the monitor of ${name} leads the hosts`;
  return name === null ? "a hub leads the hosts" : `the hub ${name} leads the hosts`;
}

async function checkConnections(link: Link): Promise<FleetFinding> {
  // The number of processes is no secret; who they are is.
  const [row] = await link.rows<{ most: number; used: number; of_role: number }>(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
 (SELECT sum(numbackends)::int FROM pg_stat_database) AS used,
 (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS of_role`,
  );
  const free = Math.max(0, (row?.most ?? 0) - (row?.used ?? 0));
  const limit = (row?.of_role ?? -1) < 0 ? "" : `; ${link.url.user} may have ${row?.of_role}`;
  const found = `${free} of ${row?.most} connections are free${limit}`;
  if (free >= fewConnections) return ok("connections", found);
  return warn("connections", found, connectionFailureOf({ code: "53300" }).advice);
}

function ok(check: FleetFinding["check"], found: string): FleetFinding {
  return { check, level: "ok", found, advice: null };
}

function warn(check: FleetFinding["check"], found: string, advice: string): FleetFinding {
  return { check, level: "warn", found, advice };
}

function fail(check: FleetFinding["check"], found: string, advice: string): FleetFinding {
  return { check, level: "fail", found, advice };
}
