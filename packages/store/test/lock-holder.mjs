// Run by tests here and in the server: holds a lock (`write`; `exclusive`, which nobody can read
// through), or a snapshot, of a database until its input ends. argv: database, mode.
import { Database } from "./driver.mjs";

const [path, mode] = process.argv.slice(2);
const connection = new Database(path);
if (mode === "exclusive") connection.pragma("locking_mode = EXCLUSIVE");
if (mode === "write" || mode === "exclusive") {
  connection.exec("BEGIN IMMEDIATE");
} else {
  connection.exec("BEGIN");
  connection.prepare("SELECT count(*) FROM llm_usage").get();
}
console.log("held");
process.stdin.resume().once("end", () => {
  connection.exec("ROLLBACK");
  connection.close();
  console.log("released");
});
