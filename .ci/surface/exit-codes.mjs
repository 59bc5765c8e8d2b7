import { createServer } from "node:net";
import { join } from "node:path";
import { runCommand, startMonitor } from "./command.mjs";
import { inScratch } from "./scratch.mjs";

/** What each command ends with, in what situation. */
export function exitCodes() {
  return inScratch(async (folder) => {
    const lines = [];
    const note = ([situation, args]) =>
      runCommand(args, folder).then(({ code, signal }) => lines.push(`${code ?? signal} ${situation}\n`));
    await Promise.all(withoutMonitor(folder).map(note));
    const monitor = await startMonitor(folder);
    await Promise.all(withMonitor(monitor, folder).map(note));
    const stopped = await monitor.stop();
    lines.push(`${stopped.code ?? stopped.signal} start: stopped by SIGTERM\n`);
    const again = await startMonitor(folder);
    const interrupted = await again.stop("SIGINT");
    lines.push(`${interrupted.code ?? interrupted.signal} start: stopped by SIGINT\n`);
    lines.push(await startOnATakenPort(folder));
    return { "exit-codes.txt": lines.sort().join("") };
  });
}

function withoutMonitor(folder) {
  const nowhere = ["--http", "127.0.0.1:1", "--store", join(folder, "none.db")];
  const socket = ["--socket", join(folder, "none.sock")];
  return [
    ["no command: its help", []],
    ["--help", ["--help"]],
    ["--version", ["--version"]],
    ["a command that does not exist", ["nothing"]],
    ["a flag that does not exist", ["status", "--nothing"]],
    ["a setting with a wrong value", ["status", "--http", "nothing:at:all"]],
    ["a config file that is not there", ["status", "--config", join(folder, "none.yaml")]],
    ["start: a setting with a wrong value", ["start", "--stale-timeout", "soon"]],
    [
      "start: a folder that is not there",
      ["start", "--socket", join(folder, "none", "kb.sock"), "--no-http"],
    ],
    [
      "start: beyond loopback without a token",
      ["start", ...socket, "--http", "0.0.0.0:0", "--store", "memory:"],
    ],
    ["demo: a number of bots out of range", ["demo", "--bots", "0"]],
    ["status: no monitor, no database", ["status", ...nowhere]],
    ["bots: no monitor, no database", ["bots", ...nowhere]],
    ["bots: a status that does not exist", ["bots", "--status", "asleep", ...nowhere]],
    ["bots: a key of order that does not exist", ["bots", "--sort", "beauty", ...nowhere]],
    ["help", ["help", "bots"]],
    ["help of a command that does not exist", ["help", "nothing"]],
    ["usage: no monitor, no database", ["usage", ...nowhere]],
    ["usage: a group that does not exist", ["usage", "--by", "mood", ...nowhere]],
    ["backup: no database", ["backup", join(folder, "copy.db"), "--store", join(folder, "none.db")]],
    ["backup: no path", ["backup"]],
    ["send: no monitor", ["send", "heartbeat", "--channel", "a", "--pid", "1", ...socket]],
    ["send: a field is missing", ["send", "heartbeat", "--channel", "a", ...socket]],
    ["send: a field with a wrong value", ["send", "heartbeat", "--channel", "a", "--pid", "-1", ...socket]],
    ["send: a line that is no message", ["send", "{}", ...socket]],
    [
      "doctor: a folder that is not there",
      ["doctor", "--socket", join(folder, "none", "kb.sock"), "--no-http"],
    ],
  ];
}

function withMonitor({ at, socket, store }, folder) {
  return [
    ["start: a monitor runs there already", ["start", "--socket", socket, "--store", "memory:", "--no-http"]],
    ["status: all is well", ["status", ...at]],
    ["bots: none yet", ["bots", ...at]],
    ["bot: one that is not there", ["bot", "nobody", ...at]],
    ["usage: none yet", ["usage", ...at]],
    ["doctor: all is well", ["doctor", "--socket", socket, ...at]],
    ["backup", ["backup", join(folder, "copy.db"), "--store", store]],
    [
      "send: a custom metric",
      ["send", "custom_metric", "--channel", "a", "--metric-name", "m", "--value", "1", "--socket", socket],
    ],
  ];
}

async function startOnATakenPort(folder) {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    const { port } = server.address();
    const args = ["start", "--socket", join(folder, "kb.sock"), "--store", "memory:", "--http", `${port}`];
    const { code, signal } = await runCommand(args, folder);
    return `${code ?? signal} start: the port is taken\n`;
  } finally {
    server.close();
  }
}
