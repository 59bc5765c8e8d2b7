// A monitor without its worker: `node monitor.mjs SOURCES SOCKET [PRINCIPAL=SOCKET…]`. It prints a
// line of JSON for all that happens, and does what it is told on its standard input: start, stop,
// report, exit.
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [sources, socketPath, ...others] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(sources, file)).href);
const { systemClock } = await load("clock.js");
const { Listeners } = await load("ingest/listeners.js");
const { takeInheritedSockets } = await load("ingest/activation.js");
const { Principals } = await load("principals/principals.js");
const { MessageQueue } = await load("queue/message-queue.js");

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const logger = Object.fromEntries(
  ["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [
    level,
    (fields, sentence) => {
      if (level !== "debug") say({ log: sentence ?? fields, level });
    },
  ]),
);
const queue = new MessageQueue({ maxRows: 100_000, maxBots: 100_000 });
const rights = { socketMode: 0o660, socketGroup: null, socketOwner: null };
const listeners = others.map((one) => {
  const [principal, socketPath] = one.split("=");
  return { principal, socketPath, ...rights };
});
const free = { channels: ["*"], maxBots: null, maxConnections: null, rowsPerSecond: null, ownUid: null };
const policies = listeners.map(({ principal: name }) => ({ name, ...free }));
const principals = new Principals({ policies, clock: systemClock, logger });
const takeInherited = () => takeInheritedSockets(process.env, process.pid, listeners);
const createListener = () =>
  new Listeners({
    local: { principal: "local", socketPath, ...rights },
    others: listeners,
    principals,
    queue,
    clock: systemClock,
    logger,
    checkIntervalMs: 50,
    inherited: takeInherited(),
  });
let listener = null;

/** Null while no descriptor is left: Node opens a file for it. */
const rssBytes = () => {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
};

const commands = {
  async start() {
    try {
      // It may refuse what was handed down.
      listener ??= createListener();
      await listener.start();
      say({ started: true, pid: process.pid, who: listener.whoMayConnect() });
    } catch (error) {
      say({ started: false, code: error.code, otherPid: error.pid, message: error.message });
    }
  },
  async stop() {
    await listener.stop();
    say({ stopped: true });
  },
  report() {
    const { lines, rejected, ignored } = listener.lines;
    globalThis.gc?.();
    say({
      report: {
        lines,
        rejected,
        ignored,
        received: queue.counters.received,
        connections: listener.connections,
        connectionsTotal: listener.connectionsTotal,
        problem: listener.problem(),
        paths: [...listener].map(({ terms, socketPath, connections }) => [
          terms.principal,
          socketPath,
          connections,
        ]),
        rssBytes: rssBytes(),
        cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1_000,
        environment: Object.keys(process.env).filter((name) => name.startsWith("LISTEN_")),
      },
    });
  },
  exit() {
    process.exit();
  },
};

// One command after the other, as each is answered in turn.
let last = Promise.resolve();
createInterface({ input: process.stdin }).on("line", (command) => {
  last = last.then(() => commands[command]());
});
say({ ready: true });
