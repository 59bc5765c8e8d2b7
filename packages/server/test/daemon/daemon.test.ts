import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { MonitorClient } from "@kissbot/client";
import { openStore } from "@kissbot/store";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Place } from "./place.js";

const register = (channel: string, pid: number) => ({
  type: "register",
  channel,
  pid,
  features: { chat: true },
});
const usage = (channel: string, tokens: number) => ({
  type: "llm_usage",
  channel,
  model: "m",
  feature: "f",
  tokens_in: tokens,
  tokens_out: 1,
});

test("what bots say is shown at once and kept", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const bot = await place.connect();
  bot.send(register("a", process.pid), usage("a", 12), {
    type: "custom_metric",
    channel: "a",
    metric_name: "n",
    value: 3,
  });
  await until("the bot is shown", async () => (await monitor.get("/api/v1/bots")).bots.length === 1);
  expect(await monitor.get("/api/v1/bots/a")).toMatchObject({
    channel: "a",
    status: "online",
    features: { chat: true },
  });
  await until("its rows are stored", async () => (await monitor.get("/healthz")).store.committed_rows >= 3);
  expect((await monitor.get("/api/v1/llm-usage?group_by=channel")).usage).toMatchObject([
    { channel: "a", tokens_in: 12 },
  ]);
  expect(await monitor.get("/healthz")).toMatchObject({
    status: "ok",
    lines: { lines: 3 },
    bots: { online: 1 },
  });
});

test("a bot of @kissbot/client is seen, and its goodbye is believed", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const client = new MonitorClient("lounge", process.pid, { socketPath: place.socketPath, version: "1.2.3" });
  await client.register({ chat: true });
  client.startHeartbeat({ intervalMs: 1_000 });
  await until(
    "its process is seen",
    async () => (await monitor.get("/api/v1/bots/lounge")).process_seen === true,
  );
  expect(await monitor.get("/api/v1/bots/lounge")).toMatchObject({
    status: "online",
    version: "1.2.3",
    interval_s: 1,
  });
  await client.unregister();
  await client.close();
  await until("it is offline", () => monitor.daemon.health().bots.offline === 1);
});

test("a client made anew after the clock was set is the same process, seen and not restarted [client/F12]", async () => {
  await using place = new Place();
  const monitor = await place.start();
  for (const stepMs of [-3 * 3_600_000, 0, 8 * 3_600_000]) {
    const now = Date.now;
    Date.now = () => now() + stepMs;
    let client: MonitorClient;
    try {
      client = new MonitorClient("lounge", { socketPath: place.socketPath });
    } finally {
      Date.now = now;
    }
    await client.register();
    await client.heartbeat();
    await client.close();
  }
  await until("all lines are read", () => monitor.daemon.health().lines.lines >= 6);
  await until(
    "its process is seen",
    async () => (await monitor.get("/api/v1/bots/lounge")).process_seen === true,
  );
  expect(await monitor.get("/api/v1/bots/lounge")).toMatchObject({ status: "online", restarts: 0 });
});

test("a stop stores what waits, leaves no socket, and only the old table says offline", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const bot = await place.connect();
  bot.send(register("a", process.pid), ...Array.from({ length: 5_000 }, (_, n) => usage("a", n)));
  await until("the first lines are read", () => monitor.daemon.health().lines.lines > 0);
  await monitor.daemon.stop();
  expect(existsSync(place.socketPath)).toBe(false);
  const store = await openStore(place.database, { readOnly: true });
  try {
    expect(await store.fleet()).toMatchObject([{ channel: "a", status: "online", origin: "monitor" }]);
    const [total] = await store.usageTotals({ fromMs: 0, toMs: Date.now() + 1_000 });
    expect(total?.calls).toBe(5_000);
    expect(await store.statusHistory()).toHaveLength(1);
  } finally {
    await store.close();
  }
});

test("what a monitor stores carries its name", async () => {
  await using place = new Place();
  const monitor = await place.start({ name: "a-name-like-no-other" });
  const bot = await place.connect();
  bot.send(usage("a", 1));
  await until("the line is read", () => monitor.daemon.health().lines.lines === 1);
  await monitor.daemon.stop();
  expect(readFileSync(place.database).includes("a-name-like-no-other")).toBe(true);
});

test("a restart knows the fleet, and changes nobody's status", async () => {
  await using place = new Place();
  const first = await place.start();
  const bot = await place.connect();
  bot.send(register("online", process.pid), register("gone", 4_000_000), {
    type: "unregister",
    channel: "gone",
    pid: 4_000_000,
  });
  await until("both are known", () => first.daemon.health().bots.offline === 1);
  await first.daemon.stop();
  const second = await place.start();
  expect(second.report.store).toMatchObject({ open: true, bots: 2 });
  const { bots } = await second.get("/api/v1/bots");
  expect(bots).toMatchObject([
    { channel: "gone", status: "offline" },
    { channel: "online", status: "online", process_seen: true, restarts: 0 },
  ]);
  expect((await second.get("/api/v1/events")).events).toHaveLength(3);
});

test("a second monitor on the path is refused before it touches the store", async () => {
  await using place = new Place();
  await place.start();
  const other = place.daemon({ store: `${place.folder.path}/other.db` });
  await expect(other.start()).rejects.toThrow(
    new RegExp(`${process.pid}.*--socket|--socket.*${process.pid}`, "s"),
  );
  expect(existsSync(`${place.folder.path}/other.db`)).toBe(false);
  expect(existsSync(place.socketPath)).toBe(true);
});

test("a start that fails at the last step leaves nothing behind", async () => {
  await using place = new Place();
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as { port: number };
  await expect(place.daemon({ http: { host: "127.0.0.1", port } }).start()).rejects.toThrow("--http");
  holder.close();
  expect(existsSync(place.socketPath)).toBe(false);
  await place.start();
});

test("a database of somebody else is refused and left as it was", async () => {
  await using place = new Place();
  writeFileSync(place.database, "this is a letter, not a database");
  await expect(place.daemon().start()).rejects.toMatchObject({ code: "not_a_database" });
  expect(readFileSync(place.database, "utf8")).toBe("this is a letter, not a database");
  expect(existsSync(place.socketPath)).toBe(false);
});

test("garbage costs the line and nobody else, and the sums of the counters hold", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const bot = await place.connect();
  bot.send(
    register("a", 1),
    { type: "heartbeat", channel: "a", pid: true },
    { type: "future" },
    {},
    usage("a", 1),
  );
  await until("all lines are judged", () => monitor.daemon.health().lines.lines === 5);
  await until("the rows are stored", () => monitor.daemon.health().store.pendingRows === 0);
  const metrics = await monitor.metrics();
  const sum = (prefix: string) =>
    [...metrics].filter(([name]) => name.startsWith(prefix)).reduce((total, [, value]) => total + value, 0);
  expect(sum("kissbot_lines_total")).toBe(5);
  expect(metrics.get('kissbot_lines_rejected_total{reason="invalid_field"}')).toBe(1);
  expect(metrics.get('kissbot_lines_rejected_total{reason="missing_type"}')).toBe(1);
  expect(metrics.get("kissbot_lines_ignored_total")).toBe(1);
  const received = sum("kissbot_messages_received_total");
  expect(received).toBe(2);
  expect(
    sum("kissbot_messages_processed_total") + sum("kissbot_queue_depth") + sum("kissbot_messages_shed_total"),
  ).toBe(received);
});

test("a bot that is killed soon after it came is dead by the next look, and says why", async () => {
  await using place = new Place();
  const monitor = await place.start({ metricsIntervalMs: 1_000 });
  await using child = new Child("sleep", ["600"]);
  (await place.connect()).send(register("a", child.pid));
  await until("its process is seen", async () => (await monitor.get("/api/v1/bots/a")).process_seen === true);
  await child.kill();
  await until("it is dead", () => monitor.daemon.health().bots.dead === 1);
  expect(await monitor.get("/api/v1/bots/a")).toMatchObject({
    status_cause: `process ${child.pid} is gone`,
    rss_mb: null,
  });
});

test("each end of a bot that is restarted at once is told, and a restart of the monitor forgets none of it [trial/O1][trial/O8]", async () => {
  await using place = new Place();
  const first = await place.start();
  const lives = 4;
  for (let life = 0; life < lives; life++) {
    await using child = new Child("sleep", ["600"]);
    const peer = await place.connect();
    peer.send(register("loop", child.pid));
    await until(
      "it is the current one",
      async () => (await first.get("/api/v1/bots/loop")).pid === child.pid,
    );
    await child.kill();
    peer.end();
  }
  (await place.connect()).send(register("loop", process.pid));
  const told = {
    status: "online",
    restarts: lives,
    restarts_1h: lives,
    crash_loop: true,
    crashes_10m: lives,
  };
  await until(
    "the last death is told",
    async () => (await first.get("/api/v1/bots/loop")).restarts === lives,
  );
  const before = await first.get("/api/v1/bots/loop");
  expect(before).toMatchObject({ ...told, cause_code: "restarted" });
  await first.daemon.stop();
  const second = await place.start();
  expect(await second.get("/api/v1/bots/loop")).toMatchObject({
    ...told,
    cause_code: "restarted",
    status_cause: before.status_cause,
    previous_pid: before.previous_pid,
  });
  const { events } = await second.get("/api/v1/events?status=dead&cause=process_gone,pid_reused");
  expect(events).toHaveLength(lives);
});

/** A bot of `@kissbot/client` in `bot.mjs`, whose own text begins in line 2. */
function startBot(place: Place, text: string): Child {
  const file = place.folder.file("bot.mjs");
  const client = import.meta.resolve("@kissbot/client");
  writeFileSync(file, `import { MonitorClient } from ${JSON.stringify(client)};\n${text}\n`);
  return new Child(process.execPath, [file], {
    env: { ...process.env, KISSBOT_MONITOR_SOCKET: place.socketPath },
  });
}

test("a bot that says its last words died of them, for everybody who asks, also after a restart of the monitor [trial/B4]", async () => {
  await using place = new Place();
  const first = await place.start({ metricsIntervalMs: 200 });
  const text = `const client = new MonitorClient("dying");
await client.register();
class TokenInvalid extends Error {}
process.on("SIGUSR2", () => { throw new TokenInvalid("secret"); });
setInterval(() => {}, 1_000);`;
  await using bot = startBot(place, text);
  await until(
    "its process is seen",
    async () => (await first.get("/api/v1/bots")).bots[0]?.process_seen === true,
  );
  bot.signal("SIGUSR2");
  await until("it is dead", () => first.daemon.health().bots.dead === 1);
  const why = {
    status: "dead",
    status_cause: "exit 1: TokenInvalid at bot.mjs:5",
    cause_code: "process_gone",
  };
  expect(await first.get("/api/v1/bots/dying")).toMatchObject({ ...why, trouble: null, trouble_since: null });
  await first.daemon.stop();
  const second = await place.start();
  expect(await second.get("/api/v1/bots/dying")).toMatchObject({ ...why, trouble: null });
  const { events } = await second.get("/api/v1/events?channel=dying");
  expect(events.map((event: { cause: string }) => event.cause)).toEqual([why.status_cause, "registered"]);
  expect(JSON.stringify(events)).not.toContain("secret");
});

test("a bot in trouble is online, in the API, the history and the metrics, and a restart of the monitor keeps it [trial/B4]", async () => {
  await using place = new Place();
  const first = await place.start();
  await using client = new MonitorClient("deaf", process.pid, { socketPath: place.socketPath });
  await client.register();
  await client.setTrouble("gateway closed: 4004");
  const state = { status: "online", cause_code: "registered", trouble: "gateway closed: 4004" };
  await until("it is in trouble", async () => (await first.get("/api/v1/bots")).bots[0]?.trouble !== null);
  const before = await first.get("/api/v1/bots/deaf");
  expect(before).toMatchObject(state);
  expect((await first.metrics()).get('kissbot_bot_trouble{channel="deaf"}')).toBe(1);
  await first.daemon.stop();
  const second = await place.start();
  expect(await second.get("/api/v1/bots/deaf")).toMatchObject({
    ...state,
    trouble_since: before.trouble_since,
  });
  await until("the client is back", () => second.daemon.health().lines.lines > 0);
  expect(await second.get("/api/v1/bots/deaf")).toMatchObject({
    ...state,
    trouble_since: before.trouble_since,
  });
  await client.setTrouble(null);
  await until("it is over", async () => (await second.get("/api/v1/bots/deaf")).trouble === null);
  const codes = async () =>
    (await second.get("/api/v1/events?cause=in_trouble,trouble_over")).events.map(
      (event: { cause_code: string; trouble: string | null }) => [event.cause_code, event.trouble],
    );
  await until("the history has it", async () => (await codes()).length === 2);
  expect(await codes()).toEqual([
    ["trouble_over", null],
    ["in_trouble", "gateway closed: 4004"],
  ]);
  expect((await second.get("/api/v1/events?status=online")).events).toHaveLength(1);
});

test("without HTTP it works all the same", async () => {
  await using place = new Place();
  const monitor = await place.start({ http: null });
  expect(monitor.report.http).toBeNull();
  (await place.connect()).send(register("a", 1));
  await until("the bot is known", () => monitor.daemon.health().bots.online === 1);
});
