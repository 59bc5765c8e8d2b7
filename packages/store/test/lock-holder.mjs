// Run by lock.test.ts and log.test.ts: holds a lock, or a snapshot, of a database until its input ends. argv: database, mode.
import { Database } from "./driver.mjs";

const [path, mode] = process.argv.slice(2);
const connection = new Database(path);
if (mode === "write") {
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
