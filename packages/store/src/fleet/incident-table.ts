import type { Link } from "../postgres/link.js";
import { numberIn, textIn } from "../postgres/read-scope.js";
import { msOf, quoted } from "../postgres/record-columns.js";
import { Statement } from "../postgres/statement.js";
import type { IncidentKind, IncidentOutcome, Judgement, OpenIncident, Sight } from "./incident.js";
import type { Lease } from "./lease.js";

/** For so long an incident belongs to who tells of it, unless renewed. */
const tellerMs = 60_000;
const keptDays = 400;

type Row = Record<string, unknown>;

/** An incident that this monitor tells its receivers about. Times are Unix milliseconds. */
export interface ToldIncident {
  readonly incidentId: number;
  readonly kind: IncidentKind;
  /** The names of the hosts that it is about. */
  readonly hosts: readonly string[];
  /** Empty where it is about a host. */
  readonly channel: string;
  readonly sinceMs: number;
  /** How many bots the hosts have, for an incident about a host. */
  readonly bots: number;
  /** Null while it is open. */
  readonly outcome: IncidentOutcome | null;
  /** A receiver knows of it, whoever told it. */
  readonly isTold: boolean;
}

/** How far an incident was told. `ended`: nothing more is to be said of it. */
export interface TellingMark {
  readonly incidentId: number;
  readonly mark: "told" | "ended";
}

/** The incidents of the hosts in PostgreSQL. What the leader writes is fenced by its lease. */
export class IncidentTable {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** What the leader judges by, of one moment. Channels are as PostgreSQL has them. */
  async sight(): Promise<Sight> {
    return await this.#link.snapshot(async (rows) => {
      const hosts = await rows(
        `SELECT ${msOf("clock_timestamp()")} AS now_ms, h.host_no, h.state, h.beat_s, ${msOf("h.seen_at")} AS seen_ms,
 h.replaced_by IS NOT NULL AS is_replaced
 FROM (SELECT 1) AS one LEFT JOIN ${this.#table("hosts")} AS h ON h.state <> 'forgotten' AND h.host_id <> $1`,
        [storeHost],
      );
      const bots = await rows(
        `SELECT host_no, channel FROM ${this.#table("bots")} WHERE status = 'online' AND channel IN (
 SELECT channel FROM ${this.#table("bots")} WHERE status = 'online' GROUP BY channel HAVING count(*) > 1)`,
      );
      const open = await rows(
        `SELECT incident_id::float8 AS incident_id, kind, host_no, channel, ${msOf("heard")} AS heard_ms
 FROM ${this.#table("incidents")} WHERE closed IS NULL`,
      );
      return {
        nowMs: numberIn(hosts[0] ?? {}, "now_ms"),
        hosts: hosts
          .filter((row) => row["host_no"] !== null)
          .map((row) => ({
            hostNo: numberIn(row, "host_no"),
            state: textIn(row, "state"),
            beatS: row["beat_s"] === null ? null : numberIn(row, "beat_s"),
            seenAtMs: numberIn(row, "seen_ms"),
            isReplaced: row["is_replaced"] === true,
          })),
        bots: bots.map((row) => ({ hostNo: numberIn(row, "host_no"), channel: row["channel"] as string })),
        open: open.map(openIncidentOf),
      };
    });
  }

  /** False where the lease is not ours any more: nothing was written. */
  async write({ opened, closed }: Judgement, lease: Lease): Promise<boolean> {
    const statement = new Statement(this.#link.url.schema);
    const incidents = statement.name("incidents");
    lease.fence(statement);
    if (opened.length > 0) {
      const found = opened.map((one) => ({ ...one, hostNos: `{${one.hostNos.join(",")}}` }));
      statement.add(
        "opened",
        `INSERT INTO ${incidents} (kind, host_no, channel, host_nos, token, since, heard, opened)
 SELECT x.kind, x."hostNo", x.channel, x."hostNos"::int[], office.token, ${timeOf('x."sinceMs"')}, ${timeOf('x."heardMs"')}, clock_timestamp()
 FROM office, jsonb_to_recordset(${statement.value(JSON.stringify(found), "jsonb")})
 AS x(kind text, "hostNo" int, channel text, "hostNos" text, "sinceMs" float8, "heardMs" float8)
 ON CONFLICT DO NOTHING RETURNING 1`,
      );
    }
    if (closed.length > 0) {
      statement.add(
        "closed",
        `UPDATE ${incidents} AS i SET closed = clock_timestamp(), outcome = x.outcome
 FROM office, jsonb_to_recordset(${statement.value(JSON.stringify(closed), "jsonb")}) AS x("incidentId" bigint, outcome text)
 WHERE i.incident_id = x."incidentId" AND i.closed IS NULL RETURNING 1`,
      );
    }
    return await this.#isFenced(statement);
  }

  /**
   * Times that lie ahead are from before the database's clock was set back: now. Old incidents go.
   */
  async tidy(lease: Lease): Promise<boolean> {
    const statement = new Statement(this.#link.url.schema);
    lease.fence(statement);
    statement.add(
      "mended",
      `UPDATE ${statement.name("hosts")} AS h SET seen_at = clock_timestamp() FROM office
 WHERE seen_at > clock_timestamp() + interval '1 s' RETURNING h.host_no, h.seen_at`,
    );
    statement.add(
      "heard",
      `UPDATE ${statement.name("incidents")} AS i SET heard = mended.seen_at FROM mended
 WHERE i.host_no = mended.host_no AND i.closed IS NULL AND i.kind = 'host_silent' RETURNING 1`,
    );
    statement.add(
      "aged",
      `DELETE FROM ${statement.name("incidents")} AS i USING office
 WHERE i.closed < clock_timestamp() - ${statement.value(keptDays, "int")} * interval '1 day' RETURNING 1`,
    );
    return await this.#isFenced(statement);
  }

  /**
   * Takes what nobody tells of, keeps what is ours, and answers both. An incident has one teller at
   * a time; where it is gone, another one goes on after a minute, from what was told.
   */
  async claim(teller: string, kinds: readonly IncidentKind[]): Promise<readonly ToldIncident[]> {
    const incidents = this.#table("incidents");
    const rows = await this.#link.rows(
      `WITH mine AS (SELECT incident_id FROM ${incidents} WHERE told_end IS NULL AND kind = ANY($2)
 AND (teller IS NULL OR teller = $1 OR teller_until <= clock_timestamp()
 OR teller_until > clock_timestamp() + 2 * $3 * interval '1 ms') FOR UPDATE SKIP LOCKED),
 claimed AS (UPDATE ${incidents} AS i SET teller = $1, teller_until = clock_timestamp() + $3 * interval '1 ms'
 FROM mine WHERE i.incident_id = mine.incident_id RETURNING i.*)
 SELECT c.incident_id::float8 AS incident_id, c.kind, c.channel, ${msOf("c.since")} AS since_ms, c.outcome, c.told IS NOT NULL AS is_told,
 ARRAY(SELECT h.name FROM ${this.#table("hosts")} AS h WHERE h.host_no = ANY(c.host_nos) ORDER BY 1) AS hosts,
 (SELECT count(*)::int FROM ${this.#table("bots")} AS b WHERE b.host_no = c.host_no) AS bots
 FROM claimed AS c ORDER BY c.incident_id`,
      [teller, kinds, tellerMs],
    );
    return rows.map((row) => ({
      incidentId: numberIn(row, "incident_id"),
      kind: textIn(row, "kind") as IncidentKind,
      hosts: row["hosts"] as string[],
      channel: textIn(row, "channel"),
      sinceMs: numberIn(row, "since_ms"),
      bots: numberIn(row, "bots"),
      outcome: row["outcome"] as IncidentOutcome | null,
      isTold: row["is_told"] === true,
    }));
  }

  /** Only what is still ours is marked. */
  async mark(teller: string, marks: readonly TellingMark[]): Promise<void> {
    if (marks.length === 0) return;
    await this.#link.rows(
      `UPDATE ${this.#table("incidents")} AS i SET told = CASE x.mark WHEN 'told' THEN coalesce(told, clock_timestamp()) ELSE told END,
 told_end = CASE x.mark WHEN 'ended' THEN clock_timestamp() END
 FROM jsonb_to_recordset($2::jsonb) AS x("incidentId" bigint, mark text)
 WHERE i.incident_id = x."incidentId" AND i.teller = $1 AND i.told_end IS NULL`,
      [teller, JSON.stringify(marks)],
    );
  }

  async #isFenced(statement: Statement): Promise<boolean> {
    const text = statement.text("SELECT (SELECT count(*) FROM office)::int AS held");
    const [row] = await this.#link.rows<{ held: number }>(text, statement.values);
    return row?.held === 1;
  }

  #table(name: string): string {
    return `${quoted(this.#link.url.schema)}.${name}`;
  }
}

/** The host of a store that is opened by itself: nobody beats for it. */
const storeHost = "00000000-0000-0000-0000-000000000000";

const timeOf = (column: string) => `to_timestamp(${column} / 1000)`;

function openIncidentOf(row: Row): OpenIncident {
  return {
    incidentId: numberIn(row, "incident_id"),
    kind: textIn(row, "kind") as IncidentKind,
    hostNo: numberIn(row, "host_no"),
    channel: row["channel"] as string,
    heardMs: row["heard_ms"] === null ? null : numberIn(row, "heard_ms"),
  };
}
