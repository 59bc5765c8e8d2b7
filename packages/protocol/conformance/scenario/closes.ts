import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, FaultyMonitor } from "../faulty-monitor.js";
import { talkedBytes } from "../limits.js";
import type { Stage } from "../stage.js";
import { connected } from "./passage.js";
import type { Scenario } from "./scenario.js";

/** How long a connection lives before the monitor closes it. */
const livesMs = 5;

/** A bot that goes on calling for so long. */
async function callOn(stage: Stage, ms: number, everyMs: number): Promise<void> {
  const until = stage.timeline.nowMs + ms;
  for (let value = 0; stage.timeline.nowMs < until; value++) {
    await stage.call("custom_metric", { metric_name: "going-on", value });
    await stage.wait(everyMs);
  }
}

function closesAll(monitor: FaultyMonitor): void {
  monitor.onAccept = (connection) => void closeSoon(monitor, connection);
}

async function closeSoon(monitor: FaultyMonitor, connection: Connection): Promise<void> {
  await sleep(livesMs);
  monitor.take(connection);
  monitor.close(connection);
}

const closesFor = (ms: number, everyMs: number) => async (stage: Stage) => {
  const monitor = stage.monitor();
  closesAll(monitor);
  await monitor.listen();
  await stage.open();
  await stage.call("register", { features: { chat: true } });
  await callOn(stage, ms, everyMs);
  await stage.exit();
};

export const closes: Scenario = {
  name: "closes",
  title: "The monitor closes each connection as soon as it has come",
  rules: ["C-1", "C-5", "C-16"],
  processes: 5,
  play: closesFor(7_000, 60),
};

export const closesLong: Scenario = {
  name: "closes-long",
  title: "The monitor closes each connection, for a minute",
  rules: ["C-5"],
  isLong: true,
  processes: 4,
  play: closesFor(60_000, 100),
};

export const resets: Scenario = {
  name: "resets",
  title: "The monitor closes connections with bytes that it has not read",
  rules: ["C-1", "C-16"],
  async play(stage) {
    const monitor = stage.monitor();
    monitor.reading = "none";
    monitor.onAccept = (connection) => void resetSoon(monitor, connection);
    await monitor.listen();
    await stage.open();
    await stage.call("register", { features: { chat: true } });
    await callOn(stage, 2_000, 5);
    monitor.onAccept = undefined;
    monitor.reading = "all";
    await stage.until(() => monitor.connections.some(({ isOver }) => !isOver), 8_000);
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

async function resetSoon(monitor: FaultyMonitor, connection: Connection): Promise<void> {
  await sleep(40);
  monitor.close(connection);
}

export const halfCloses: Scenario = {
  name: "half-closes",
  title: "The monitor ends its side of the connection, and reads on",
  rules: ["C-14"],
  async play(stage) {
    const { monitor, connection } = await connected(stage);
    monitor.endSide(connection);
    await stage.wait(1_200);
    await stage.burst(20, 0);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet(300);
    await stage.exit();
  },
};

export const talks: Scenario = {
  name: "talks",
  title: "The monitor writes without end",
  rules: ["C-2", "C-14"],
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.talk();
    for (const from of [0, 1_000]) {
      await hear(stage, from);
      stage.sampleRss();
    }
    monitor.hush();
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

/** Goes on calling until the monitor has said enough to show in the memory of who keeps it. */
async function hear(stage: Stage, from: number): Promise<void> {
  const before = stage.timeline.events.length;
  const told = () =>
    stage.timeline.events
      .slice(before)
      .reduce((sum, one) => sum + (one.event === "talked" ? one.bytes : 0), 0);
  for (let i = 0; i < 10 || (told() < heardBytes && i < 40); i++) {
    await stage.call("custom_metric", { metric_name: "heard", value: from + i });
    await stage.wait(25);
  }
}

const heardBytes = 3 * talkedBytes;
