import { StoppedMonitor } from "../stopped-monitor.js";
import { fillBriefly } from "./passage.js";
import type { Scenario } from "./scenario.js";

export const stopped: Scenario = {
  name: "stopped",
  title: "The monitor's process is stopped by SIGSTOP, and goes on",
  rules: ["C-2", "C-6"],
  async play(stage) {
    const monitor = await StoppedMonitor.listen(stage.path(), stage.timeline);
    try {
      await stage.open();
      await stage.call("register", { features: { chat: true } });
      // What the monitor has not told before it is stopped would be told as if it came later.
      await stage.until(() => stage.timeline.lines().length > 0, 15_000);
      monitor.stop();
      await fillBriefly(stage);
      await stage.idle(1_500);
      monitor.goOn();
      await stage.wait(500);
      await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
      await stage.wait(500);
      await stage.exit();
    } finally {
      monitor.end();
    }
  },
};
