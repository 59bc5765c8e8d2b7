import { StoreError } from "../error.js";
import { sqlStateOf } from "../postgres/sql-state.js";
import { connectionFailureOf } from "./connection-failure.js";

const byState: Readonly<Record<string, string>> = {
  "42501": "grant the role its rights; kissbot-monitor hosts roles prints them",
  "42P01":
    "a table is missing: put it back from a backup, or empty the schema and run kissbot-monitor hosts migrate",
  "42703": "a column is missing: run kissbot-monitor hosts migrate as the owner",
  "3F000": "the schema is missing: run kissbot-monitor hosts migrate as the owner",
  "53100": "make room on the disk of the database",
};
const ofConnection = /^(?:08|28|3D|53300|25006|57P)/;

/**
 * What to do about a failure of the fleet's database, in a clause; null where the failure says it
 * itself or nobody knows.
 */
export function adviceOnFailure(error: unknown): string | null {
  if (error instanceof StoreError) return null;
  const state = sqlStateOf(error);
  if (state !== null)
    return byState[state] ?? (ofConnection.test(state) ? connectionFailureOf(error).advice : null);
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? connectionFailureOf(error).advice : null;
}
