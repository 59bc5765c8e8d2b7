import { StoreError } from "../error.js";
import { defaultRetention, type Retention } from "../retention.js";
import type { Link } from "./link.js";
import { quoted } from "./record-columns.js";

/** How long the fleet database keeps rows of each kind, in whole days; null is for ever. */
export type FleetRetention = Omit<Retention, "metricsDays">;
export type FleetRetentionName = keyof FleetRetention;

const { metricsDays: _samplesStayOnTheirHost, ...defaults } = defaultRetention;
export const defaultFleetRetention: FleetRetention = defaults;
export const fleetRetentionNames = Object.keys(defaults) as FleetRetentionName[];

const mostDays = 36_500;
const markOf = (name: FleetRetentionName) => `retention_${name}`;
/** How "for ever" stands in the database. */
const forEver = 0;

/** As somebody set it, else as it is by default. */
export async function readFleetRetention(link: Link): Promise<FleetRetention> {
  const rows = await link.rows<{ name: string; value: number }>(
    `SELECT name, value::float8 FROM ${quoted(link.url.schema)}.marks WHERE name LIKE 'retention\\_%'`,
  );
  const set = new Map(rows.map(({ name, value }) => [name, value === forEver ? null : value]));
  const entries = fleetRetentionNames.map((name) => {
    const value = set.get(markOf(name));
    return [name, value === undefined ? defaultFleetRetention[name] : value];
  });
  return Object.fromEntries(entries) as FleetRetention;
}

/** Sets what is given, for every host. Throws `invalid_option` for anything but whole days. */
export async function writeFleetRetention(link: Link, changes: Partial<FleetRetention>): Promise<void> {
  const given = Object.entries(changes) as [FleetRetentionName, number | null][];
  for (const [name, days] of given) {
    if (!fleetRetentionNames.includes(name))
      throw new StoreError("invalid_option", `retention has no ${name}`);
    if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= mostDays))
      throw new StoreError("invalid_option", `${name}: expected 1 to ${mostDays} days, or null for ever`);
  }
  if (given.length === 0) return;
  await link.rows(
    `INSERT INTO ${quoted(link.url.schema)}.marks (name, value) SELECT * FROM unnest($1::text[], $2::bigint[])
 ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [given.map(([name]) => markOf(name)), given.map(([, days]) => days ?? forEver)],
  );
}
