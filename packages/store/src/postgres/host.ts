import type { Link } from "./link.js";
import { quoted } from "./record-columns.js";

/** Whose rows they are. */
export interface HostName {
  /** A UUID that goes with the data. */
  readonly hostId: string;
  readonly name: string;
}

/** The host of rows that a store writes for nobody else. */
export const ownHost: HostName = { hostId: "00000000-0000-0000-0000-000000000000", name: "store" };

/** The number of no host: nothing was written yet. */
export const noHost = 0;

/** The number of a host in keys; null where it was never entered. */
export async function findHost(link: Link, { hostId }: HostName): Promise<number | null> {
  const select = `SELECT host_no FROM ${quoted(link.url.schema)}.hosts WHERE host_id = $1`;
  const [known] = await link.rows<{ host_no: number }>(select, [hostId]);
  return known?.host_no ?? null;
}

/** The number of a host in keys; it is entered where it is new. */
export async function enterHost(link: Link, host: HostName): Promise<number> {
  const known = await findHost(link, host);
  if (known !== null) return known;
  await link.rows(
    `INSERT INTO ${quoted(link.url.schema)}.hosts (host_id, name, state, state_seq, bots_version, connected_at, seen_at)
 VALUES ($1, $2, 'up', 0, 0, clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING`,
    [host.hostId, host.name],
  );
  const made = await findHost(link, host);
  if (made === null) throw new Error("a host that was entered is not there");
  return made;
}
