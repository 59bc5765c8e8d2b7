// `node monitor.mjs SOCKET FAULT`: takes connections on the socket and on a TCP port, which it
// prints, and throws away what comes. Where FAULT is "flapping", it is gone for 100 ms in every
// 200, with all its connections.
import { rmSync } from "node:fs";
import { createServer } from "node:net";

const [socketPath, fault] = process.argv.slice(2);
const sockets = new Set();
const servers = [0, 1].map(() =>
  createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
  }),
);
const listening = (server, where) => new Promise((resolve) => server.listen(where, resolve));

await listening(servers[0], socketPath);
await listening(servers[1], { host: "127.0.0.1", port: 0 });
const { port } = servers[1].address();
process.stdout.write(`${port}\n`);

if (fault === "flapping") {
  let up = true;
  setInterval(() => {
    up = !up;
    if (up) {
      rmSync(socketPath, { force: true });
      servers[0].listen(socketPath);
      servers[1].listen({ host: "127.0.0.1", port });
    } else {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    }
  }, 100);
}
