// Holds a lock of a database until its input ends:
// `node lock-holder.mjs DRIVER DATABASE immediate|exclusive`.
import { createRequire } from "node:module";

const [driver, path, mode] = process.argv.slice(2);
const Database = createRequire(import.meta.url)(driver);
// A monitor that writes ten times a second leaves gaps enough; it only has to be waited for.
const connection = new Database(path, { timeout: 20_000 });
if (mode === "exclusive") {
  // In WAL mode readers go on beside an exclusive transaction; this keeps everybody out.
  connection.pragma("locking_mode = EXCLUSIVE");
}
connection.exec(mode === "exclusive" ? "BEGIN EXCLUSIVE" : "BEGIN IMMEDIATE");
console.log("held");
process.stdin.resume().once("end", () => {
  connection.exec("ROLLBACK");
  connection.close();
});
