import type { Stage } from "../stage.js";
import type { Scenario } from "./scenario.js";

const rounds = 10;

/** Calls no faster than the monitor reads, and takes the memory then. */
async function goOn(stage: Stage, from: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    await stage.burst(500, from + 500 * i);
    await stage.quiet(10, 300);
  }
  stage.sampleRss();
}

export const live: Scenario = {
  name: "live",
  title: "The monitor reads all",
  rules: ["C-1", "C-2", "C-9", "C-10", "C-11", "C-13", "C-15", "P-1"],
  async play(stage) {
    const monitor = await stage.monitor().listen();
    await stage.open();
    await stage.call("register", { features: { chat: true } });
    await stage.until(() => monitor.connections.length > 0, 2_000);
    await stage.burst(500, 0);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.call("llm_usage", { model: "m", feature: "f", tokens_in: 7, tokens_out: 1 });
    await stage.call("custom_metric", { metric_name: "queue", value: 7 });
    await stage.quiet();
    stage.sampleDescriptors();
    await stage.burst(500, 500);
    await stage.quiet();
    await goOn(stage, 1_000);
    await goOn(stage, 6_000);
    await stage.call("heartbeat", { rss_mb: 2, cpu_pct: 1 });
    await stage.call("unregister");
    await stage.quiet();
    // A bot that goes on after its goodbye.
    await stage.call("heartbeat", { rss_mb: 3, cpu_pct: 1 });
    await stage.call("unregister");
    await stage.call("custom_metric", { metric_name: "queue", value: 8 });
    await stage.quiet();
    await stage.close(500);
    await stage.call("custom_metric", { metric_name: "closed", value: 9 });
    await stage.quiet();
    await stage.exit();
  },
};
