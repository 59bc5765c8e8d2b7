// Run by open-file.test.ts: writes, so that another writer reads its pages again, moves the log
// into the file, and spoils the file from its third page on. argv: database.
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { Database } from "./driver.mjs";

const path = process.argv[2];
const connection = new Database(path, { timeout: 20_000 });
connection.exec("DELETE FROM llm_usage WHERE id = 1");
connection.pragma("wal_checkpoint(TRUNCATE)");
const fd = openSync(path, "r+");
const rest = fstatSync(fd).size - 8_192;
writeSync(fd, Buffer.alloc(rest, 0xa5), 0, rest, 8_192);
console.log("spoilt");
// Closing would drop this process's locks and let SQLite tidy up; the end of the process does
// neither before the test goes on.
process.stdin.resume().once("end", () => closeSync(fd));
