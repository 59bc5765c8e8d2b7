// Run by log.test.ts: opens its next snapshot before it lets the last one go, until it is killed.
// argv: database.
import { writeSync } from "node:fs";
import { Database } from "./driver.mjs";

const connections = [new Database(process.argv[2]), new Database(process.argv[2])];
writeSync(1, "reading\n");
for (let turn = 0; ; turn = 1 - turn) {
  const [next, last] = [connections[turn], connections[1 - turn]];
  next.exec("BEGIN");
  next.prepare("SELECT sum(tokens_in) FROM (SELECT tokens_in FROM llm_usage LIMIT 2000)").get();
  if (last.inTransaction) last.exec("ROLLBACK");
}
