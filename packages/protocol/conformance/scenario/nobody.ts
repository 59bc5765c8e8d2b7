import { renameSync, writeFileSync } from "node:fs";
import { FullBacklog } from "../full-backlog.js";
import type { Stage } from "../stage.js";
import { fillBriefly } from "./passage.js";
import type { Scenario } from "./scenario.js";

/** What a bot does that has nobody to report to, and then ends. */
async function liveAlone(stage: Stage): Promise<void> {
  await stage.open();
  await stage.call("register", { features: { chat: true } });
  await fillBriefly(stage);
  await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
  await stage.wait(400);
  await stage.call("custom_metric", { metric_name: "later", value: 1 });
  await stage.idle(500);
  await stage.call("unregister");
}

export const stale: Scenario = {
  name: "stale",
  title: "The path is that of a monitor that was killed",
  rules: ["C-11", "C-12", "C-13"],
  async play(stage) {
    const monitor = stage.monitor(`${stage.path()}.old`);
    await monitor.listen();
    renameSync(monitor.path, stage.path());
    await monitor.unlisten();
    stage.timeline.tell({ event: "away" });
    await liveAlone(stage);
    await stage.exit();
  },
};

export const regularFile: Scenario = {
  name: "file",
  title: "The path is that of a file",
  rules: ["C-11", "C-12", "C-13"],
  async play(stage) {
    writeFileSync(stage.path(), "");
    await liveAlone(stage);
    await stage.close(500);
    await stage.exit();
  },
};

export const longPath: Scenario = {
  name: "long-path",
  title: "The path is longer than the system takes",
  rules: ["C-11", "C-13"],
  async play(stage) {
    await stage.open(stage.path("m".repeat(150)), { mayRefuse: true });
    await stage.exit("code", 3);
  },
};

export const backlog: Scenario = {
  name: "backlog",
  title: "The monitor accepts nobody, and its backlog is full",
  rules: ["C-11", "C-12", "C-13"],
  async play(stage) {
    const full = await FullBacklog.listen(stage.path());
    stage.timeline.tell({ event: "full" });
    try {
      await liveAlone(stage);
      await stage.exit();
    } finally {
      full.end();
    }
  },
};
