// Stands in for the Python monitor: `node stand-in.mjs SOCKET IDLE_MS`. Prints each message's type
// with the number of its connection.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { LineDecoder } from "@kissbot/protocol";

const [socketPath, idleMs] = process.argv.slice(2);
let connections = 0;
const server = createServer((socket) => {
  const connection = ++connections;
  const decoder = new LineDecoder();
  const onResult = ({ message }) => {
    console.log(JSON.stringify({ connection, type: message?.type ?? "?", atMs: Date.now() }));
  };
  socket.on("error", () => socket.destroy());
  socket.setTimeout(Number(idleMs), () => socket.destroy());
  socket.on("data", (chunk) => decoder.push(chunk, onResult));
});
// Its habit: whoever listens there loses the path.
rmSync(socketPath, { force: true });
server.listen(socketPath, () => console.log("listening"));
