// A plain server of connected bots, to compare with: it reads, parses, keeps what each bot said
// last, and has a database open. `storeEachMs`: it also stores of each bot, in each interval, one
// sample and the time of its last heartbeat, in the old tables with their index, and nothing else.
// Plain JavaScript, so that nothing else is resident.
import { createServer } from "node:net";
import Database from "better-sqlite3";
import { answer } from "./answer.mjs";
import { insertOf } from "./insert-rows.mjs";

const last = new Map();
const sampleColumns = ["ts", "channel", "pid", "rss_mb", "cpu_pct", "features_json"];
let database;

answer({
  listen: ({ socketPath, databasePath, storeEachMs }) => {
    database = new Database(databasePath);
    database.pragma("journal_mode = WAL");
    if (storeEachMs !== undefined) storeEach(storeEachMs);
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("data", (chunk) => {
        const message = JSON.parse(chunk.toString());
        last.set(message.channel, message);
      });
      socket.on("end", () => socket.destroy());
      socket.on("error", () => socket.destroy());
    });
    return new Promise((resolve) => server.listen({ path: socketPath, backlog: 4_096 }, () => resolve(null)));
  },
  lines: () => last.size,
});

/** One transaction per interval, ordered by channel. */
function storeEach(intervalMs) {
  database.pragma("synchronous = FULL");
  const insertSamples = insertOf(database, "bot_metrics", sampleColumns);
  const seen = database.prepare(
    `INSERT INTO bot_status (channel, pid, status, features_json, registered_at, last_seen)
     VALUES (?, ?, 'online', '{}', ?, ?) ON CONFLICT (channel) DO UPDATE SET last_seen = excluded.last_seen`,
  );
  const store = database.transaction((messages) => {
    const ts = `${new Date().toISOString().slice(0, 23)}000+00:00`;
    insertSamples(messages.length, (values, at, i) => {
      const { channel, pid, rss_mb = 0, cpu_pct = 0 } = messages[i];
      values[at] = ts;
      values[at + 1] = channel;
      values[at + 2] = pid;
      values[at + 3] = rss_mb;
      values[at + 4] = cpu_pct;
      values[at + 5] = "{}";
    });
    for (const { channel, pid } of messages) seen.run(channel, pid, ts, ts);
  });
  setInterval(() => {
    store([...last.values()].sort((a, b) => (a.channel < b.channel ? -1 : 1)));
  }, intervalMs);
}
