import type { Stage } from "../stage.js";
import { comeBack, fill } from "./passage.js";
import type { Scenario } from "./scenario.js";

export const absent: Scenario = {
  name: "absent",
  title: "Nobody listens, and then somebody does",
  rules: ["C-1", "C-3", "C-4", "C-11", "C-12", "C-15", "C-17"],
  async play(stage) {
    await stage.open();
    await stage.call("register", { features: { chat: false } });
    await stage.call("register", { features: { chat: true } });
    for (const rss_mb of [1, 2, 3]) await stage.call("heartbeat", { rss_mb, cpu_pct: 1 });
    await stage.burst(2 * (stage.hello.bounds?.lines ?? 0) + 100, 0);
    await stage.wait(1_100);
    const monitor = await stage.monitor().listen();
    await comeBack(stage, monitor);
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 4, cpu_pct: 1 });
    await stage.quiet();
    // What was lost stays counted on another connection.
    await monitor.leave();
    await monitor.listen();
    await comeBack(stage, monitor);
    await stage.call("heartbeat", { rss_mb: 5, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

export const away: Scenario = {
  name: "away",
  title: "Nobody listens, and the bot calls a great many times",
  rules: ["C-3", "C-12", "C-13"],
  isHeavy: true,
  async play(stage) {
    await stage.open();
    await stage.call("register", { features: { chat: true } });
    await fill(stage);
    await stage.idle(1_000);
    await stage.exit();
  },
};

export const longRows: Scenario = {
  name: "long-rows",
  title: "Nobody listens, and the rows are long",
  rules: ["C-3", "C-4"],
  isHeavy: true,
  async play(stage) {
    await stage.open();
    await stage.call("register");
    await stage.burst(rowsBeyondBytes(stage), 0, { fields: { metric_name: "n".repeat(250) } });
    const monitor = await stage.monitor().listen();
    await comeBack(stage, monitor);
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit("code", 0);
  },
};

/** Of rows larger than 250 bytes, more than may wait. */
const rowsBeyondBytes = ({ hello }: Stage): number =>
  Math.min(50_000, Math.ceil((3 * (hello.bounds?.bytes ?? 0)) / 250) + (hello.bounds?.lines ?? 0));
