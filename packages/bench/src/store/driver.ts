import { createRequire } from "node:module";
import type BetterSqlite from "better-sqlite3";

/**
 * The driver that the store uses under this Node, so that both sides of the comparison have the
 * same SQLite.
 */
export const Database = createRequire(import.meta.url)("better-sqlite3") as typeof BetterSqlite;
