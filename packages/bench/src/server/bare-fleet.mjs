// A plain server of connected bots, to compare with: it reads, parses, keeps what each bot said
// last, and has a database open to which it writes nothing. Plain JavaScript, so that nothing else
// is resident.
import { createServer } from "node:net";
import Database from "better-sqlite3";
import { answer } from "./answer.mjs";

const last = new Map();
let database;

answer({
  listen: ({ socketPath, databasePath }) => {
    database = new Database(databasePath);
    database.pragma("journal_mode = WAL");
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
