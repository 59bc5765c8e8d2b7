// The same driver as the store's, for the programs that the tests run.
import { createRequire } from "node:module";

const name = Number.parseInt(process.versions.node, 10) >= 22 ? "better-sqlite3-napi" : "better-sqlite3";
export const Database = createRequire(import.meta.url)(name);
