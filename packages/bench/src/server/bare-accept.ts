// The least that a server for a connection per line can do, to compare with: accept, read, parse,
// close.
import { createServer } from "node:net";
import { answer } from "./answer.mjs";

let lines = 0;

answer({
  listen: async ({ socketPath }: { socketPath: string }) => {
    const server = createServer((socket) => {
      socket.on("data", (chunk) => {
        JSON.parse(chunk.toString());
        lines++;
        socket.destroy();
      });
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen({ path: socketPath, backlog: 4_096 }, resolve));
  },
  lines: () => lines,
});
