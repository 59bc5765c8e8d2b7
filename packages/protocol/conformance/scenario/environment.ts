import type { Stage } from "../stage.js";
import type { Scenario } from "./scenario.js";

/** A bot that names no socket. */
async function liveUnnamed(stage: Stage): Promise<void> {
  await stage.open(null);
  await stage.call("register", { features: { chat: true } });
  await stage.burst(20, 0);
  await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
}

export const named: Scenario = {
  name: "named",
  title: "The environment names the socket",
  rules: ["C-19"],
  env: (path) => ({ KISSBOT_MONITOR_SOCKET: path }),
  async play(stage) {
    const monitor = await stage.monitor().listen();
    await liveUnnamed(stage);
    await stage.until(() => monitor.connections.length > 0, 2_500);
    await stage.quiet();
    await stage.exit();
  },
};

export const caller: Scenario = {
  name: "caller",
  title: "The bot names the socket, and the environment another",
  rules: ["C-19"],
  env: (path) => ({ KISSBOT_MONITOR_SOCKET: `${path}.other` }),
  async play(stage) {
    const monitor = await stage.monitor().listen();
    await stage.open();
    await stage.call("register", { features: { chat: true } });
    await stage.burst(20, 0);
    await stage.until(() => monitor.connections.length > 0, 2_500);
    await stage.quiet();
    await stage.exit();
  },
};

export const disabled: Scenario = {
  name: "disabled",
  title: "The environment disables the client",
  rules: ["C-19"],
  env: (path) => ({ KISSBOT_MONITOR_SOCKET: path, KISSBOT_MONITOR_DISABLED: "1" }),
  async play(stage) {
    await stage.monitor().listen();
    await liveUnnamed(stage);
    await stage.wait(500);
    await stage.call("unregister");
    await stage.close(500);
    await stage.exit();
  },
};

export const unnamed: Scenario = {
  name: "unnamed",
  title: "The variable of the socket is empty",
  rules: ["C-11", "C-13"],
  env: () => ({ KISSBOT_MONITOR_SOCKET: "" }),
  async play(stage) {
    await liveUnnamed(stage);
    await stage.wait(300);
    await stage.exit();
  },
};
