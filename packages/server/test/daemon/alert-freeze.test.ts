import { fileURLToPath } from "node:url";
import { Child, lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Place } from "./place.js";
import { promptConfig, RecordingReceiver } from "./recording-receiver.js";

const command = fileURLToPath(new URL("../../bin/kissbot-monitor.mjs", import.meta.url));
const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const patient = { timeoutMs: 60_000 };

interface Scene {
  readonly ops: RecordingReceiver;
  readonly monitor: Child;
  readonly bots: ReadonlyMap<string, Child>;
  start(channel: string): Promise<Child>;
  /** Whether every bot was seen at work. */
  areSeen(...channels: readonly string[]): Promise<boolean>;
}

/**
 * A monitor in a process of its own, with bots that are processes; silent for 4 s, a bot counts as
 * down at once.
 */
async function inScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  await using place = new Place();
  await using ops = await RecordingReceiver.start("ops");
  const config = promptConfig(
    place,
    ops,
    "{ down: { for: 0s, hold: 0s }, losses: off, monitor: off, host_restarted: off }",
  );
  await using monitor = Child.node([
    command,
    "start",
    "--json",
    "--config",
    config,
    "--socket",
    place.socketPath,
    "--store",
    place.database,
    "--stale-timeout",
    "4s",
    "--http",
    "127.0.0.1:0",
  ]);
  const bots = new Map<string, Child>();
  try {
    await monitor.prints("}\n");
    const { http } = JSON.parse(monitor.stdout) as { readonly http: string };
    await until("the first message came", () => ops.notices.length === 1, patient);
    await play({
      ops,
      monitor,
      bots,
      start: async (channel) => {
        const bot = Child.node([botFile, place.socketPath, channel, "beat", "500"]);
        bots.set(channel, bot);
        await bot.prints("\n");
        return bot;
      },
      areSeen: async (...channels) => {
        const answer = await fetch(`${http}/api/v1/bots`);
        const { bots: rows } = (await answer.json()) as {
          readonly bots: readonly { channel: string; status: string; process_seen: boolean }[];
        };
        const seen = rows.filter((row) => row.status === "online" && row.process_seen);
        return channels.every((channel) => seen.some((row) => row.channel === channel));
      },
    });
  } finally {
    for (const bot of bots.values()) await bot.kill();
  }
}

test("a monitor that was frozen blames no bot for it, tells a bot that died meanwhile once, and one that was restarted not as down [alerts/A1] [alerts/A15]", async () => {
  await inScene(async ({ ops, monitor, bots, start, areSeen }) => {
    const living = ["alive/a", "alive/b", "alive/c"];
    for (const channel of [...living, "dies", "restarts"]) await start(channel);
    await until("all are seen", () => areSeen(...living, "dies", "restarts"), patient);
    monitor.signal("SIGSTOP");
    await bots.get("dies")?.kill();
    await bots.get("restarts")?.kill();
    await start("restarts");
    await lasting("a monitor that is frozen for longer than any silence may last", 12_000);
    expect(ops.told).toEqual([]);
    monitor.signal("SIGCONT");
    await until("the death is told", () => ops.told.includes("down dies"), patient);
    await until("the others are seen again", () => areSeen(...living, "restarts"), patient);
    // Whoever was to be blamed for the silence would be by now.
    await lasting("two times the silence that is allowed", 8_000);
    expect(ops.told).toEqual(["down dies"]);
    await start("dies");
    await until("its return is told", () => ops.told.length === 2, patient);
    expect(ops.told).toEqual(["down dies", "up dies"]);
  });
}, 180_000);

test("a monitor that is frozen again and again, for shorter and for longer than a bot may be silent, tells of no bot that lives, and of a frozen bot once [alerts/A1] [alerts/A15]", async () => {
  await inScene(async ({ ops, monitor, start, areSeen }) => {
    await start("alive");
    const frozen = await start("frozen");
    await until("both are seen", () => areSeen("alive", "frozen"), patient);
    for (const ms of [1_500, 3_000, 4_500, 6_000, 500, 5_000]) {
      monitor.signal("SIGSTOP");
      await lasting("a frozen monitor", ms);
      monitor.signal("SIGCONT");
      await lasting("a monitor that works", 1_500);
    }
    expect(ops.told).toEqual([]);
    frozen.signal("SIGSTOP");
    await until("the silent one is told", () => ops.told.length > 0, patient);
    monitor.signal("SIGSTOP");
    await lasting("a frozen monitor", 6_000);
    monitor.signal("SIGCONT");
    await lasting("a monitor that works", 3_000);
    expect(ops.told).toEqual(["down frozen"]);
    frozen.signal("SIGCONT");
    await until("its return is told", () => ops.told.length > 1, patient);
    await lasting("nothing more to tell", 3_000);
    expect(ops.told).toEqual(["down frozen", "up frozen"]);
  });
}, 180_000);
