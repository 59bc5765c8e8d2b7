import { connect, type Socket } from "node:net";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Place } from "./place.js";

const request = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n";

test("a hundred compressed viewers, a fifth of whom never read, take nothing from the bots [page/R24]", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const bot = await place.connect();
  const names = Array.from({ length: 200 }, (_, i) => `bot-${i}`);
  bot.send(...names.map((channel) => ({ type: "register", channel, pid: process.pid })));
  await until("all are known", () => monitor.daemon.health().bots.online === 200);
  const port = Number(new URL(monitor.report.http ?? "").port);
  const viewers: Socket[] = [];
  try {
    for (let i = 0; i < 100; i++) {
      const viewer = connect(port, "127.0.0.1").on("error", () => undefined);
      if (i % 5 === 0) viewer.pause();
      else viewer.resume();
      viewer.write(request);
      viewers.push(viewer);
    }
    const viewing = async () => (await monitor.get("/api/v1/summary")).viewers;
    await until("all view", async () => (await viewing()) === 100);
    const rounds = 25;
    for (let round = 0; round < rounds; round++) {
      bot.send(...names.map((channel) => ({ type: "heartbeat", channel, pid: process.pid, rss_mb: round })));
      const wanted = 200 * (round + 2);
      await until("the round is read", () => monitor.daemon.health().lines.lines >= wanted);
    }
    bot.send(...names.map((channel) => ({ type: "unregister", channel, pid: process.pid })));
    await until("all goodbyes took effect", () => monitor.daemon.health().bots.offline === 200);
    const { lines, messages } = monitor.daemon.health();
    const sum = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((a, b) => a + b, 0);
    expect([lines.lines, sum(lines.rejected)]).toEqual([200 * (rounds + 2), 0]);
    const shed = Object.values(messages.shed).flatMap((byReason) => Object.entries(byReason));
    expect(shed.filter(([reason, count]) => reason !== "coalesced" && count > 0)).toEqual([]);
    expect(await viewing()).toBeGreaterThanOrEqual(80);
  } finally {
    for (const viewer of viewers) viewer.destroy();
  }
  await until("nobody views", async () => (await monitor.get("/api/v1/summary")).viewers === 0);
});
