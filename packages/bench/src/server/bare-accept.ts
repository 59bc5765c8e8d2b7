// The least that a server for a connection per line can do, to compare with: accept, read, parse,
// close. With `toEnd` it reads on until the client closes, as it has to where a client may write
// another line.
import { createServer } from "node:net";
import { answer } from "./answer.mjs";

let lines = 0;

answer({
  listen: async ({ socketPath, toEnd = false }: { socketPath: string; toEnd?: boolean }) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("data", (chunk) => {
        JSON.parse(chunk.toString());
        lines++;
        if (!toEnd) socket.destroy();
      });
      socket.on("end", () => socket.destroy());
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen({ path: socketPath, backlog: 4_096 }, resolve));
  },
  lines: () => lines,
});
