import { connected, fill, fillBriefly } from "./passage.js";
import type { Scenario } from "./scenario.js";

export const frozen: Scenario = {
  name: "frozen",
  title: "The monitor has accepted, and takes nothing",
  rules: ["C-2", "C-3", "C-4", "C-6", "C-15"],
  isHeavy: true,
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.freeze();
    await fill(stage);
    await stage.idle(3_000);
    await stage.call("custom_metric", { metric_name: "last", value: 1 });
    monitor.thaw();
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.burst(10, 1_000_000);
    await stage.call("heartbeat", { rss_mb: 2, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

export const frozenExit: Scenario = {
  name: "frozen-exit",
  title: "The bot ends while the monitor takes nothing",
  rules: ["C-13"],
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.freeze();
    await stage.burst(20_000, 0);
    await stage.exit("code", 7);
  },
};

export const frozenClose: Scenario = {
  name: "frozen-close",
  title: "The client is closed while the monitor takes nothing, and the bot's main function returns",
  rules: ["C-13"],
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.freeze();
    await stage.burst(20_000, 0);
    await stage.close(500);
    await stage.exit("return");
  },
};

export const trickle: Scenario = {
  name: "trickle",
  title: "The monitor takes a byte a second",
  rules: ["C-2", "C-6"],
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.freeze();
    monitor.reading = { bytes: 1, everyMs: 1_000 };
    await fillBriefly(stage);
    for (let value = 0; value < 30; value++) {
      await stage.call("custom_metric", { metric_name: "slow", value });
      await stage.wait(75);
    }
    // Room for a part of what waits: the rest goes on where it stopped.
    monitor.reading = { bytes: 4_099, everyMs: 5 };
    await stage.wait(500);
    monitor.thaw();
    await stage.quiet();
    await stage.exit();
  },
};
