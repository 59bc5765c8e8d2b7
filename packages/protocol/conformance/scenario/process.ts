import { Stage } from "../stage.js";
import { connected } from "./passage.js";
import type { Scenario } from "./scenario.js";

export const threads: Scenario = {
  name: "threads",
  title: "Four threads call at once",
  rules: ["C-18"],
  lacks: ({ threads }) => (threads === true ? undefined : "the driver has no threads"),
  async play(stage) {
    const { monitor } = await connected(stage);
    monitor.reading = { bytes: 3_001, everyMs: 5 };
    await stage.threads(4, 500);
    monitor.reading = "all";
    await stage.quiet();
    await stage.exit();
  },
};

export const fork: Scenario = {
  name: "fork",
  title: "The bot forks",
  rules: ["C-18"],
  lacks: ({ fork }) => (fork === true ? undefined : "the driver cannot fork"),
  async play(stage) {
    const { monitor } = await connected(stage);
    await stage.burst(10, 0);
    // What waits in the parent is the parent's.
    monitor.freeze();
    await stage.burst(3_000, 10);
    monitor.thaw();
    await stage.fork(20, 100_000);
    await stage.burst(10, 10_000);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet(300);
    await stage.exit();
  },
};

export const crash: Scenario = {
  name: "crash",
  title: "The bot crashes",
  rules: ["C-9", "C-13"],
  async play(stage) {
    // What the language does with a crash, without a client.
    const bare = new Stage(stage.options);
    await bare.start();
    bare.driver.exit("crash");
    const { code } = await bare.driver.ended;
    await bare.end();
    await connected(stage);
    await stage.call("custom_metric", { metric_name: "last", value: 1 });
    await stage.exit("crash", undefined, code ?? undefined);
    await stage.quiet();
  },
};

export const beats: Scenario = {
  name: "beats",
  title: "The client beats by itself",
  rules: ["C-8"],
  interval_s: 1,
  lacks: ({ interval }) => (interval === true ? undefined : "the client does not beat by itself"),
  async play(stage) {
    const monitor = await stage.monitor().listen();
    await stage.open(stage.path(), { interval_s: 1 });
    await stage.call("register", { features: { chat: true } });
    await stage.until(() => monitor.connections.length > 0, 3_000);
    await stage.wait(3_300);
    await stage.call("unregister");
    await stage.wait(1_300);
    await stage.exit();
  },
};
