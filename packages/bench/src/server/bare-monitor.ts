// What anybody would write, to compare with: one thread that accepts, reads, splits, parses and
// inserts, one transaction per chunk.
import { openStore } from "@kissbot/store";
import { Database } from "../store/driver.js";
import { answer } from "./answer.mjs";
import { LineServer } from "./line-server.js";

interface UsageLine {
  readonly type: string;
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly latency_ms: number;
}

let server: LineServer | undefined;

answer({
  /** The same table and index as the monitor's, WAL, and `synchronous=FULL`. */
  listen: async ({ socketPath, databasePath }: { socketPath: string; databasePath: string }) => {
    await (await openStore(databasePath)).close();
    const db = new Database(databasePath);
    db.pragma("synchronous = FULL");
    const insert = db.prepare(
      "INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    const take = db.transaction((texts: readonly string[]) => {
      const ts = `${new Date().toISOString().slice(0, 23)}000+00:00`;
      for (const text of texts) {
        const line = JSON.parse(text) as UsageLine;
        if (line.type === "llm_usage")
          insert.run(
            ts,
            line.channel,
            line.model,
            line.feature,
            line.tokens_in,
            line.tokens_out,
            line.latency_ms,
          );
      }
    });
    server = await LineServer.listen(socketPath, take);
  },
  lines: () => server?.lines ?? 0,
});
