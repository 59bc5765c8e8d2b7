import { connected } from "./passage.js";
import type { Scenario } from "./scenario.js";

export const frozenLong: Scenario = {
  name: "frozen-long",
  title: "The monitor takes nothing for 65 s",
  rules: ["C-2", "C-6"],
  isLong: true,
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.freeze();
    await stage.burst(20_000, 0);
    for (let value = 0; value < 65; value++) {
      await stage.wait(1_000);
      await stage.call("custom_metric", { metric_name: "waiting", value });
    }
    monitor.thaw();
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

export const lifeLong: Scenario = {
  name: "life-long",
  title: "The client beats at its own interval, and its connection lives for more than 10 s",
  rules: ["C-8", "C-14"],
  isLong: true,
  lacks: ({ interval }) => (interval === true ? undefined : "the client does not beat by itself"),
  interval_s: 30,
  async play(stage) {
    const monitor = await stage.monitor().listen();
    await stage.open(stage.path(), { interval_s: 30 });
    await stage.call("register", { features: { chat: true } });
    await stage.wait(68_000);
    await monitor.leave();
    await monitor.listen();
    await stage.wait(2_000);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.until(() => monitor.connections.some(({ isOver }) => !isOver), 8_000);
    await stage.quiet();
    await stage.exit();
  },
};
