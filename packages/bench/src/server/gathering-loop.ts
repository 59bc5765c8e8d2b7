// A reference for what storing calls takes: one thread that reads, splits, parses and inserts, with
// what makes inserting cheap, and does nothing that only a monitor does.
import { openStore } from "@kissbot/store";
import { Database } from "../store/driver.js";
import { answer } from "./answer.mjs";
import { LineServer } from "./line-server.js";

interface UsageLine {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly latency_ms: number;
}

type Value = string | number;

const transactionRows = 10_000;
const gatherMs = 100;
const rowsPerStatement = 20;
const calls = ["ts", "channel", "model", "feature", "tokens_in", "tokens_out", "latency_ms"];
const costs = ["usage_id", "cost_usd", "price_id"];

let server: LineServer | undefined;

answer({
  /** `withCosts`: each row has a second one with a cost, which is always the same. */
  listen: async (order: { socketPath: string; databasePath: string; withCosts: boolean }) => {
    const { socketPath, databasePath, withCosts } = order;
    await (await openStore(databasePath)).close();
    const db = new Database(databasePath);
    db.pragma("synchronous = FULL");
    db.pragma("temp_store = MEMORY");
    const insertCalls = insertOf(db, "llm_usage", calls);
    const insertCosts = insertOf(db, "monitor_usage_extras", costs);
    const insertAll = db.transaction((rows: readonly UsageLine[]) => {
      const ts = `${new Date().toISOString().slice(0, 23)}000+00:00`;
      const last = insertCalls(
        rows.map((row) => [
          ts,
          row.channel,
          row.model,
          row.feature,
          row.tokens_in,
          row.tokens_out,
          row.latency_ms,
        ]),
      );
      if (withCosts) insertCosts(rows.map((_, i) => [last - rows.length + 1 + i, 0.001, 1]));
    });
    let waiting: UsageLine[] = [];
    let timer: NodeJS.Timeout | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      const rows = waiting;
      waiting = [];
      // Channel by channel, as their index has them.
      rows.sort((a, b) => (a.channel < b.channel ? -1 : a.channel > b.channel ? 1 : 0));
      insertAll(rows);
    };
    server = await LineServer.listen(socketPath, (texts) => {
      for (const text of texts) waiting.push(JSON.parse(text) as UsageLine);
      if (waiting.length >= transactionRows) flush();
      else if (waiting.length > 0) timer ??= setTimeout(flush, gatherMs);
    });
  },
  lines: () => server?.lines ?? 0,
});

/** Inserts rows, many with one statement. Answers the id of the last. */
function insertOf(db: InstanceType<typeof Database>, table: string, columns: readonly string[]) {
  const row = `(${columns.map(() => "?").join(", ")})`;
  const statementOf = (rows: number) =>
    db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array(rows).fill(row).join(", ")}`);
  const [many, one] = [statementOf(rowsPerStatement), statementOf(1)];
  return (rows: readonly (readonly Value[])[]): number => {
    let last = 0;
    let i = 0;
    for (; i + rowsPerStatement <= rows.length; i += rowsPerStatement)
      last = Number(many.run(rows.slice(i, i + rowsPerStatement).flat()).lastInsertRowid);
    for (; i < rows.length; i++) last = Number(one.run(rows[i] as readonly Value[]).lastInsertRowid);
    return last;
  };
}
