import { fileURLToPath } from "node:url";
import { openStore } from "@kissbot/store";
import { Child, lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Place } from "./place.js";
import { promptAlerts, RecordingReceiver } from "./recording-receiver.js";

const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const bot = (place: Place, channel: string) =>
  Child.node([botFile, place.socketPath, channel, "beat", "1000"]);
const patient = { timeoutMs: 20_000 };

test("a bot that is killed is told within three seconds where nothing is to be waited for, and once, also over restarts; then its return [alerts/A1] [alerts/A5]", async () => {
  await using place = new Place();
  await using ops = await RecordingReceiver.start("ops");
  const alerts = promptAlerts(ops);
  const monitor = await place.start({ alerts });
  await until("the first message came", () => ops.notices.length === 1, patient);
  expect(ops.notices[0]).toMatchObject({ kind: "first", items: [], monitor: "monitor of a test" });
  let child = await bot(place, "twitch/a");
  await until("it is seen", async () => (await monitor.get("/api/v1/bots/twitch%2Fa")).process_seen === true);
  const stream = await fetch(`${monitor.report.http}/api/v1/stream`);
  let streamed = "";
  const reading = (async () => {
    for await (const piece of stream.body ?? []) streamed += Buffer.from(piece).toString();
  })().catch(() => undefined);
  await until("the snapshot", () => streamed.includes("event: snapshot"));
  const killedAtMs = performance.now();
  await child.kill();
  await until("it is told", () => ops.told.length === 1, patient);
  expect(performance.now() - killedAtMs).toBeLessThan(3_000);
  expect(ops.items[0]).toMatchObject({ kind: "down", subject: "twitch/a", severity: "critical" });
  expect(ops.items[0]?.facts).toMatchObject({ pid: child.pid, status: "dead" });
  expect(streamed).toMatch(/event: alert\ndata: \{"alert_id":"[^"]+","rule":"down","subject":"twitch\/a"/);
  await monitor.daemon.stop();
  await reading;
  const again = await place.start({ alerts });
  await lasting("a monitor that has nothing new to tell", 3_000);
  expect(ops.told).toEqual(["down twitch/a"]);
  child = await bot(place, "twitch/a");
  await until("its return is told", () => ops.told.length === 2, patient);
  expect(ops.told).toEqual(["down twitch/a", "up twitch/a"]);
  await again.daemon.stop();
  await using store = await openStore(place.database, { readOnly: true });
  const history = await store.alertHistory();
  expect(history.alerts).toMatchObject([{ rule: "down", subject: "twitch/a", outcome: "over" }]);
  expect(history.tells).toMatchObject([{ receiver: "ops", phase: "over" }]);
  await child.kill();
});

test("receivers that hang keep nobody else waiting [alerts/A10]", async () => {
  await using place = new Place();
  const names = ["a", "b", "c", "d", "e", "f", "ops"];
  const receivers = await Promise.all(names.map((name) => RecordingReceiver.start(name)));
  const ops = receivers.at(-1) as RecordingReceiver;
  for (const one of receivers) if (one !== ops) one.reply = () => undefined;
  const monitor = await place.start({ alerts: promptAlerts(...receivers) });
  await until("the first message came", () => ops.notices.length === 1, patient);
  const line = await place.connect();
  line.send({ type: "register", channel: "x", pid: 999_999, started_at: Date.now() });
  await using child = await bot(place, "y");
  await until("it is seen", async () => (await monitor.get("/api/v1/bots/y")).process_seen === true);
  await child.kill();
  await until("it is told", () => ops.told.includes("down y"), patient);
  line.send({ type: "llm_usage", channel: "x", model: "m", feature: "f", tokens_in: 1, tokens_out: 1 });
  await until(
    "a row is stored",
    async () => (await monitor.get("/healthz")).store.committed_rows > 0,
    patient,
  );
  const askedMs = performance.now();
  await monitor.get("/api/v1/bots");
  expect(performance.now() - askedMs).toBeLessThan(1_000);
  await monitor.daemon.stop();
  for (const one of receivers) await one[Symbol.asyncDispose]();
});

test("a monitor that cannot reach its database tells all the same [alerts/A13]", async () => {
  await using place = new Place();
  await using ops = await RecordingReceiver.start("ops");
  const monitor = await place.start({ alerts: promptAlerts(ops) });
  await until("the first message came", () => ops.notices.length === 1, patient);
  await using child = await bot(place, "y");
  await until("it is seen", async () => (await monitor.get("/api/v1/bots/y")).process_seen === true);
  const lockHolder = fileURLToPath(new URL("../../../store/test/lock-holder.mjs", import.meta.url));
  await using holder = Child.node([lockHolder, place.database, "write"], { stdin: true });
  await holder.prints("held");
  await child.kill();
  await until("it is told", () => ops.told.includes("down y"), { timeoutMs: 30_000 });
  expect((await monitor.get("/healthz")).problems).toMatchObject([{ code: "store_busy" }]);
  holder.endInput();
  await until(
    "it is stored who was told",
    async () => {
      await using store = await openStore(place.database, { readOnly: true });
      return (await store.openAlerts()).tells.some(({ phase }) => phase === "told");
    },
    patient,
  );
});

test("a receiver that has a wrong address is a problem of the monitor within a minute [alerts/A12]", async () => {
  await using place = new Place();
  await using ops = await RecordingReceiver.start("ops");
  ops.reply = (response) => response.writeHead(404).end();
  const monitor = await place.start({ alerts: promptAlerts(ops) });
  await until(
    "it is a problem",
    async () => {
      const { problems } = await monitor.get("/healthz");
      return problems.some(({ code }: { code: string }) => code === "receiver_broken");
    },
    patient,
  );
});
