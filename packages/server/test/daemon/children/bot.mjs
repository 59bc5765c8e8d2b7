// A bot that writes to the socket of its first argument: it registers as the second, beats, and
// does what the third says. `die MS`: it throws after so long. `close MS`: it closes its connection
// after so long and lives on, silently. `beat MS`: it beats so often, and connects again where it
// must. A fifth argument: it tells no start of its process.
import { connect } from "node:net";
import process from "node:process";

const [path, channel, act, ms, claims = "start"] = process.argv.slice(2);
const startedAt = claims === "start" ? { started_at: Math.round(Date.now() - process.uptime() * 1_000) } : {};
const line = (type, more = {}) =>
  `${JSON.stringify({ type, channel, pid: process.pid, ...startedAt, ...more })}\n`;
const measured = { rss_mb: 20, cpu_pct: 1 };
if (act === "beat") {
  let socket;
  const open = () => {
    socket = connect(path);
    socket.on("error", () => {});
    socket.on("close", () => setTimeout(open, 100));
    socket.once("connect", () => socket.write(line("register") + line("heartbeat", measured)));
  };
  open();
  setInterval(() => socket.write(line("heartbeat", measured)), Number(ms));
  process.stdout.write(`${process.pid}\n`);
} else {
  const socket = connect(path, () => {
    socket.write(line("register") + line("heartbeat"), () => {
      process.stdout.write(`${process.pid}\n`);
      setTimeout(() => {
        if (act === "die") process.exit(1);
        socket.destroy();
      }, Number(ms));
    });
  });
}
setTimeout(() => {}, 600_000);
