import { quoted } from "../postgres/record-columns.js";

/** Who leads the hosts of a database. */
export interface FleetLeader {
  /** The name of the host or of the hub; null for a hub of an older version. */
  readonly name: string | null;
  /** A hub, which is no host. */
  readonly isHub: boolean;
}

/**
 * An expression of SQL: the `FleetLeader` as JSON, by the lease's row `l` of any version of the
 * tables. The name of a hub counts for its own term alone, as an older holder leaves it there.
 */
export function leaderJson(schema: string): string {
  return `jsonb_build_object('isHub', l.host_no = 0, 'name', CASE
 WHEN l.host_no <> 0 THEN (SELECT held.name FROM ${quoted(schema)}.hosts AS held WHERE held.host_no = l.host_no)
 WHEN to_jsonb(l) ->> 'hub_token' = l.token::text THEN to_jsonb(l) ->> 'hub_name' END)`;
}

/** The same of whoever leads now; NULL where nobody does. */
export function currentLeaderJson(schema: string): string {
  return `(SELECT ${leaderJson(schema)} FROM ${quoted(schema)}.lease AS l
 WHERE l.name = 'leader' AND l.expires_at > clock_timestamp())`;
}
