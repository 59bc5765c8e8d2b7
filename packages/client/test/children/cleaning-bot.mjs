// A bot that uses libraries which clean up at its end: `node cleaning-bot.mjs NAME...`. It loads
// what the names say, in their order; `client` stands for the client, which finds the socket in the
// environment. Prints `ready PID` when all is loaded, and what the libraries tell.
import { mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const say = (line) => writeSync(1, `${line}\n`);

const parts = {
  async client() {
    const { MonitorClient } = await import("@kissbot/client");
    new MonitorClient("bot").start();
  },
  async "signal-exit 3"() {
    const { default: onExit } = await import("signal-exit-3");
    onExit((_code, signal) => say(`signal-exit 3: ${signal}`));
  },
  async "signal-exit 4"() {
    const { onExit } = await import("signal-exit");
    onExit((_code, signal) => say(`signal-exit 4: ${signal}`));
  },
  // It takes the signal, as a bot may.
  async "signal-exit 4, which stays"() {
    const { onExit } = await import("signal-exit");
    onExit((_code, signal) => {
      say(`signal-exit 4: ${signal}`);
      return signal !== null;
    });
  },
  async "proper-lockfile"() {
    const { lock } = (await import("proper-lockfile")).default;
    const folder = mkdtempSync(join(tmpdir(), "kissbot-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "file");
    writeFileSync(file, "");
    await lock(file);
    say(`lock ${file}.lock`);
  },
  async execa() {
    const { default: execa } = await import("execa");
    const sleeper = execa(process.execPath, ["--eval", "setTimeout(() => {}, 60_000)"]);
    sleeper.catch(() => {});
    say(`sleeper ${sleeper.pid}`);
  },
};

for (const name of process.argv.slice(2)) await parts[name]();
setInterval(() => {}, 60_000);
say(`ready ${process.pid}`);
