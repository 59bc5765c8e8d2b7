import { get } from "node:http";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { eventsOf } from "../live/recording-viewer.js";
import { Place, type Running } from "./place.js";

interface Summary {
  readonly now: string;
  readonly rss_mb: number;
  readonly measured_bots: number;
  readonly lag_ms_p99: number | null;
}

test("a monitor sums twelve bots of one process once, and knows how late its event loop is [page/R25]", async () => {
  await using place = new Place();
  const monitor = await place.start({ metricsIntervalMs: 200 });
  const bots = await place.connect();
  for (let i = 0; i < 12; i++) {
    bots.send({ type: "register", channel: `bot-${i}`, pid: process.pid });
  }
  const summary = async () => (await monitor.get("/api/v1/summary")) as Summary;
  await until("all are measured", async () => (await summary()).measured_bots === 12);
  await until("a look at the event loop", async () => (await summary()).lag_ms_p99 !== null);
  const own = (await monitor.get("/api/v1/bots/bot-0")) as { readonly rss_mb: number };
  const { rss_mb: sum, ...rest } = await summary();
  expect(sum).toBeGreaterThan(own.rss_mb / 2);
  expect(sum).toBeLessThan(own.rss_mb * 2);
  expect(rest).toMatchObject({
    name: "monitor of a test",
    status: "ok",
    stale_timeout_s: 60,
    metrics_interval_s: 0.2,
    socket: place.socketPath,
    bots: { online: 12, stale: 0, dead: 0, offline: 0 },
    viewers: 0,
  });
});

test("the bots of one process stay one after a restart, of which some were heard and some not yet [users/U1]", async () => {
  await using place = new Place();
  const first = await place.start({ metricsIntervalMs: 200 });
  const channels = Array.from({ length: 6 }, (_, i) => `bot-${i}`);
  const isMeasured = async (monitor: Running, count: number) =>
    ((await monitor.get("/api/v1/summary")) as Summary).measured_bots === count;
  const bots = await place.connect();
  for (const channel of channels) bots.send({ type: "register", channel, pid: process.pid });
  await until("all are measured", () => isMeasured(first, 6));
  await first.daemon.stop();
  const second = await place.start({ metricsIntervalMs: 200 });
  const again = await place.connect();
  for (const channel of channels.slice(0, 3)) again.send({ type: "heartbeat", channel, pid: process.pid });
  await until("three were heard", async () => second.daemon.health().messages.processed["heartbeat"] === 3);
  await until("all are measured again", () => isMeasured(second, 6));
  const own = (await second.get("/api/v1/bots/bot-0")) as { readonly rss_mb: number };
  const { rss_mb: sum } = (await second.get("/api/v1/summary")) as Summary;
  expect(sum).toBeGreaterThan(own.rss_mb * 0.8);
  expect(sum).toBeLessThan(own.rss_mb * 1.2);
});

test("the stream of a monitor begins with hello, and beats [page/R25]", async () => {
  await using place = new Place();
  const monitor = await place.start();
  let text = "";
  const request = get(`${monitor.report.http}/api/v1/stream`, { agent: false }, (response) => {
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  });
  request.on("error", () => undefined);
  try {
    const named = (name: string) => eventsOf(text).filter((event) => event.name === name);
    await until("two beats", () => named("beat").length >= 2);
    expect(eventsOf(text).map(({ name }) => name)).toEqual(["hello", "snapshot", "beat", "beat"]);
    const [first, second] = named("beat").map(({ data }) => Date.parse((data as Summary).now));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(3_900);
    expect(named("hello")[0]?.data).toMatchObject({ viewers: 1, version: monitor.daemon.health().version });
  } finally {
    request.destroy();
  }
});
