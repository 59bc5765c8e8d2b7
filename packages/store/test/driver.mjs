// The same driver as the store's, for the programs that the tests run.
import { createRequire } from "node:module";

export const Database = createRequire(import.meta.url)("better-sqlite3");
