// A driver that misbehaves in one way, and otherwise answers what it is asked.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

const [way, log] = process.argv.slice(2);
const hello = {
  driver: 1,
  protocol: "1.1",
  implementation: { name: "rude", language: "javascript" },
  can: ["decode", "encode"],
};
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

if (log !== undefined) {
  // A child of its own, in a group of its own, which would outlive it.
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    detached: true,
    stdio: "ignore",
  });
  appendFileSync(log, `${process.pid}\n${child.pid}\n`);
}
if (way === "logs-at-start") process.stdout.write("INFO starting up\n");

createInterface({ input: process.stdin }).on("line", (text) => {
  const { seq, cmd } = JSON.parse(text);
  if (cmd === "hello") {
    if (way === "silent") return;
    if (way === "dies-at-hello") process.exit(3);
    if (way === "other-driver") say({ ...hello, seq, driver: 2 });
    else if (way === "no-bounds") say({ ...hello, seq, can: ["conduct"] });
    else if (way.startsWith("conducts"))
      say({ ...hello, seq, can: ["conduct"], bounds: { lines: 1, bytes: 100 } });
    else say({ ...hello, seq });
    return;
  }
  if (way.startsWith("conducts")) {
    // Its calls do nothing; the scenarios go on all the same until it misbehaves.
    if (way === "conducts-dies" && cmd === "noop") process.exit(7);
    if (way === "conducts-hangs" && cmd === "open") return;
    if (way === "conducts-rubbish" && cmd === "call") process.stdout.write("DEBUG calling\n");
    if (cmd === "noop" || cmd === "open") {
      say({ seq });
      return;
    }
  }
  if (way === "hangs") return;
  if (way === "late") {
    setTimeout(() => say({ seq, unsupported: true }), 1_500);
    return;
  }
  if (way === "dies") {
    process.stderr.write("Traceback: it was the port's own fault\n");
    process.exit(7);
  }
  if (way === "killed") process.kill(process.pid, "SIGKILL");
  if (way === "rubbish") process.stdout.write("DEBUG decoding\n");
  if (way === "no-utf8") process.stdout.write(Buffer.from([0x7b, 0xff, 0x7d, 0x0a]));
  if (way === "wrong-shape") say({ seq, events: "none" });
  else if (way === "unknown-field") say({ seq, events: [], took_us: 3 });
  else if (way === "wrong-number") say({ seq: seq + 1, unsupported: true });
  else if (way === "twice")
    process.stdout.write(`${`${JSON.stringify({ seq, unsupported: true })}\n`.repeat(2)}`);
  else if (way === "endless") process.stdout.write("x".repeat(80_000_000));
  else say({ seq, unsupported: true });
});
