// A reference for what storing calls takes: one thread that reads, splits, parses and inserts, with
// what makes inserting cheap, and does nothing that only a monitor does.
import { openStore } from "@kissbot/store";
import { Database } from "../store/driver.js";
import { answer } from "./answer.mjs";
import { insertOf } from "./insert-rows.mjs";
import { LineServer } from "./line-server.js";

interface UsageLine {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly latency_ms: number;
}

const transactionRows = 10_000;
const gatherMs = 100;
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
      const last = insertCalls(rows.length, (values, at, i) => {
        const row = rows[i] as UsageLine;
        values[at] = ts;
        values[at + 1] = row.channel;
        values[at + 2] = row.model;
        values[at + 3] = row.feature;
        values[at + 4] = row.tokens_in;
        values[at + 5] = row.tokens_out;
        values[at + 6] = row.latency_ms;
      });
      if (!withCosts) return;
      insertCosts(rows.length, (values, at, i) => {
        values[at] = last - rows.length + 1 + i;
        values[at + 1] = 0.001;
        values[at + 2] = 1;
      });
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
