import { StoreError } from "../error.js";
import { migrationsTable } from "../postgres/migration.js";
import { parsePostgresUrl } from "../postgres/postgres-url.js";

/** The roles of a fleet database, named after its schema: `kissbot_owner` and so on. */
interface FleetRoles {
  /** Owns the schema: migrations and partitions. */
  readonly owner: string;
  /** The least role of a monitor: sends rows, may lead, shows the fleet. */
  readonly writer: string;
  /** Reads, and nothing else. */
  readonly reader: string;
}

/** PostgreSQL cuts longer names. */
const longestRole = 63;

/** Throws `invalid_option` where a name of the schema leaves no room for that of a role. */
function fleetRolesOf(schema: string): FleetRoles {
  const roles = { owner: `${schema}_owner`, writer: `${schema}_writer`, reader: `${schema}_reader` };
  if (roles.writer.length > longestRole) {
    throw new StoreError("invalid_option", `schema ${schema}: its name is too long for names of roles`);
  }
  return roles;
}

/**
 * The SQL that makes the roles of the fleet database at `url` and gives them their rights, for the
 * database's administrator, who need not be a superuser. It may be run again, and holds no
 * password. The rights reach tables that later migrations make.
 *
 * Throws `invalid_option` for a URL that is none.
 */
export function fleetRolesSql(url: string): string {
  const { schema: name, database: databaseName } = parsePostgresUrl(url);
  const { owner, writer, reader } = fleetRolesOf(name);
  const schema = quoted(name);
  const database = quoted(databaseName);
  const roles = [owner, writer, reader];
  const rights = (grantee: string, onTables: string) => [
    `GRANT USAGE ON SCHEMA ${schema} TO ${quoted(grantee)};`,
    `GRANT ${onTables} ON ALL TABLES IN SCHEMA ${schema} TO ${quoted(grantee)};`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT ${onTables} ON TABLES TO ${quoted(grantee)};`,
  ];
  const written = "SELECT, INSERT, UPDATE, DELETE";
  const lines = [
    "-- Roles of the fleet database. Run it as the administrator of the database; it may be run again.",
    ...roles.map(
      (role) =>
        `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${quoted(role)} LOGIN; END IF; END $$;`,
    ),
    `GRANT CONNECT ON DATABASE ${database} TO ${roles.map(quoted).join(", ")};`,
    `GRANT CREATE ON DATABASE ${database} TO ${quoted(owner)};`,
    "-- What a lost monitor leaves behind ends by itself.",
    `ALTER ROLE ${quoted(writer)} SET statement_timeout = '15s';`,
    `ALTER ROLE ${quoted(writer)} SET lock_timeout = '5s';`,
    `ALTER ROLE ${quoted(writer)} SET idle_in_transaction_session_timeout = '15s';`,
    `ALTER ROLE ${quoted(reader)} SET statement_timeout = '30s';`,
    "-- The rest is the owner's to give.",
    `GRANT ${quoted(owner)} TO CURRENT_USER;`,
    `SET ROLE ${quoted(owner)};`,
    `CREATE SCHEMA IF NOT EXISTS ${schema};`,
    ...rights(writer, written),
    `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${quoted(writer)};`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT USAGE, SELECT ON SEQUENCES TO ${quoted(writer)};`,
    ...rights(reader, "SELECT"),
    "-- Which migrations were applied is written by the owner alone.",
    `${migrationsTable(`${schema}.migrations`)};`,
    `REVOKE INSERT, UPDATE, DELETE ON ${schema}.migrations FROM ${quoted(writer)};`,
    `GRANT SELECT ON ${schema}.migrations TO ${quoted(writer)}, ${quoted(reader)};`,
    "RESET ROLE;",
    "-- Then give each of them a password, in psql:",
    ...roles.map((role) => `--   \\password ${role}`),
  ];
  return `${lines.join("\n")}\n`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
