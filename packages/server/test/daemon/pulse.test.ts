import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child, lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { hasNotify, NotifySocket } from "../ingest/notify-socket.js";
import { HookServer, says } from "../notices/hook-server.js";
import { Place } from "./place.js";

const command = fileURLToPath(new URL("../../bin/kissbot-monitor.mjs", import.meta.url));

test.skipIf(!hasNotify)(
  "a monitor that is frozen tells neither its dead-man switch nor systemd that it is well, and tells both again when it goes on [alerts/A33]",
  async () => {
    await using place = new Place();
    await using hook = await HookServer.start(says(200));
    await using systemd = await NotifySocket.open(place.folder.file("notify"));
    const config = place.folder.file("config.yaml");
    const deadman = `{ url: "${hook.url("/ping/uuid")}", every: 10s }`;
    writeFileSync(config, `monitoring:\n  alerts:\n    deadman: ${deadman}\n`);
    const words = (word: string) => systemd.words.filter((one) => one === word).length;
    await using monitor = Child.node(
      [
        command,
        "start",
        "--config",
        config,
        "--no-http",
        "--socket",
        place.socketPath,
        "--store",
        place.database,
      ],
      // A word each second.
      { env: { NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: "3000000" } },
    );
    await until("it is ready, alive and pings", () => words("WATCHDOG=1") >= 3 && hook.requests.length === 1);
    expect(systemd.words[0]).toBe("READY=1");
    monitor.signal("SIGSTOP");
    // What a child of it was to say before is said.
    await lasting("the last word", 1_000);
    const before = { alive: words("WATCHDOG=1"), pings: hook.requests.length };
    await lasting("a monitor that is frozen for longer than its ping and its watchdog", 12_000);
    expect({ alive: words("WATCHDOG=1"), pings: hook.requests.length }).toEqual(before);
    monitor.signal("SIGCONT");
    await until(
      "it tells both again",
      () => words("WATCHDOG=1") > before.alive && hook.requests.length > before.pings,
    );
    expect(hook.requests.map(({ path, body }) => `${path}${body}`)).toEqual(
      hook.requests.map(() => "/ping/uuid"),
    );
    monitor.signal("SIGTERM");
    await monitor.ends();
    await until("systemd hears of the end", () => words("STOPPING=1") === 1);
  },
  120_000,
);
