import { comeBack, connected } from "./passage.js";
import type { Scenario } from "./scenario.js";

export const restarts: Scenario = {
  name: "restarts",
  title: "The monitor goes, and another comes in its place",
  rules: ["C-1", "C-14"],
  async play(stage) {
    const { monitor } = await connected(stage);
    await stage.burst(10, 0);
    await stage.quiet();
    await monitor.leave();
    await stage.wait(300);
    await monitor.listen();
    await comeBack(stage, monitor);
    await stage.quiet();
    await stage.burst(10, 10);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

export const rebound: Scenario = {
  name: "rebound",
  title: "Another monitor takes the path while the old connection lives",
  rules: ["C-1", "C-6"],
  async play(stage) {
    const { monitor, connection } = await connected(stage);
    await monitor.unlisten();
    await stage.burst(10, 0);
    await stage.wait(300);
    const other = await stage.monitor().listen();
    await stage.burst(10, 10);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.wait(700);
    monitor.close(connection);
    await comeBack(stage, other);
    await stage.quiet();
    await stage.burst(10, 20);
    await stage.call("heartbeat", { rss_mb: 2, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

const flapping = (times: number) =>
  async function play(stage: Parameters<Scenario["play"]>[0]): Promise<void> {
    const { monitor } = await connected(stage);
    for (let i = 0; i < times; i++) {
      await monitor.leave();
      await stage.burst(5, 10 * i);
      await stage.wait(300);
      await monitor.listen();
      await stage.burst(5, 10 * i + 5);
      await stage.wait(200);
    }
    await stage.until(() => monitor.connections.some(({ isOver }) => !isOver), 12_000);
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  };

export const flaps: Scenario = {
  name: "flaps",
  title: "The monitor comes and goes",
  rules: ["C-1", "C-15"],
  play: flapping(5),
};

export const flapsLong: Scenario = {
  name: "flaps-long",
  title: "The monitor comes and goes twenty times",
  rules: ["C-1", "C-15"],
  isLong: true,
  play: flapping(20),
};

export const goodbye: Scenario = {
  name: "goodbye",
  title: "The bot says goodbye and comes again while the monitor is away",
  rules: ["C-1", "C-9"],
  async play(stage) {
    const { monitor } = await connected(stage);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await monitor.leave();
    await stage.call("heartbeat", { rss_mb: 2, cpu_pct: 1 });
    await stage.call("unregister");
    await stage.call("register", { features: { chat: true, again: true } });
    await monitor.listen();
    await comeBack(stage, monitor);
    await stage.quiet();
    await stage.call("unregister");
    await stage.call("unregister");
    await stage.quiet();
    // A bot that has said goodbye is not greeted for.
    await monitor.leave();
    await monitor.listen();
    await stage.wait(800);
    await stage.call("custom_metric", { metric_name: "after", value: 1 });
    await stage.quiet(300);
    await stage.exit();
  },
};

export const leaves: Scenario = {
  name: "leaves",
  title: "The bot says goodbye while the monitor is away, and stays away",
  rules: ["C-9"],
  async play(stage) {
    const { monitor } = await connected(stage);
    await monitor.leave();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.call("unregister");
    await stage.call("heartbeat", { rss_mb: 2, cpu_pct: 1 });
    await monitor.listen();
    await stage.until(() => monitor.connections.some(({ isOver }) => !isOver), 3_000);
    await stage.call("custom_metric", { metric_name: "after", value: 1 });
    await stage.quiet(300);
    await stage.exit();
  },
};

export const twoBots: Scenario = {
  name: "two-bots",
  title: "One process reports two bots",
  rules: ["C-1", "C-10"],
  async play(stage) {
    const monitor = await stage.monitor().listen();
    await stage.open(stage.path(), { client: "a", name: "lounge" });
    await stage.open(stage.path(), { client: "b", name: "kitchen" });
    for (const client of ["a", "b"]) await stage.call("register", { features: { chat: true } }, client);
    for (const client of ["a", "b"]) await stage.burst(5, 0, { client });
    await stage.quiet(300);
    await monitor.leave();
    for (const client of ["a", "b"]) await stage.burst(5, 5, { client });
    await monitor.listen();
    await stage.until(() => monitor.connections.some(({ isOver }) => !isOver), 5_000);
    for (const client of ["a", "b"]) await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 }, client);
    await stage.quiet(500);
    await stage.exit();
  },
};
