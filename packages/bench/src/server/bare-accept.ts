// To compare with: accepts, reads, splits, parses, and keeps nothing.
import { createServer } from "node:net";
import { answer } from "./answer.mjs";
import { type CpuTime, cpuTimeOf } from "./process-figures.js";

let lines = 0;

answer({
  listen: async ({ socketPath }: { socketPath: string }) => {
    const server = createServer((socket) => {
      let text = "";
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        text += chunk;
      });
      socket.on("end", () => {
        for (const line of text.split("\n")) {
          if (line === "") continue;
          JSON.parse(line);
          lines++;
        }
      });
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen({ path: socketPath, backlog: 4_096 }, resolve));
  },
  lines: () => lines,
  cpuTime: (): CpuTime => cpuTimeOf(process.pid),
});
