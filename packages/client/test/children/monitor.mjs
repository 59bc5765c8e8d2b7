// A monitor in a process of its own, to be frozen and killed: `node monitor.mjs MODE SOCKET`. For
// each connection and each message it prints a line of JSON.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { LineDecoder } from "@kissbot/protocol";

const [mode, socketPath] = process.argv.slice(2);
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

let connections = 0;
const server = createServer({ pauseOnConnect: mode === "mute" }, (socket) => {
  const connection = ++connections;
  say({ connection });
  socket.on("error", () => socket.destroy());
  if (mode === "mute") return;
  const decoder = new LineDecoder();
  const onResult = (result) => say({ connection, ...result });
  socket.on("end", () => decoder.end(onResult));
  if (mode === "slow") {
    // One byte a second: `read(1)` takes it, the rest stays where it is.
    const timer = setInterval(() => {
      const byte = socket.read(1);
      if (byte !== null) decoder.push(byte, onResult);
    }, 1_000);
    socket.on("close", () => clearInterval(timer));
    return;
  }
  let idle;
  const closeWhenIdle = () => {
    clearTimeout(idle);
    if (mode.startsWith("idle:")) idle = setTimeout(() => socket.destroy(), Number(mode.slice(5)));
  };
  socket.on("data", (chunk) => {
    closeWhenIdle();
    decoder.push(chunk, onResult);
    // Closes in the midst of a line, with more behind it unread.
    if (mode === "cut" && Math.random() < 0.2) socket.destroy();
  });
  closeWhenIdle();
});
// A socket file that a killed monitor left behind.
rmSync(socketPath, { force: true });
server.listen(mode === "full" ? { path: socketPath, backlog: 1 } : socketPath, () =>
  say({ listening: true }),
);
if (mode === "rebind") {
  setInterval(() => {
    server.close();
    rmSync(socketPath, { force: true });
    server.listen(socketPath);
  }, 300);
}
