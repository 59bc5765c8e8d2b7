import { expect, test } from "vitest";
import { HubMetrics } from "../../src/metrics/hub-metrics.js";
import { Scraped } from "./scraped.js";

/** Metrics of a hub with so many hosts, and how often they were asked for. */
function metricsOf() {
  const state = { asked: 0, count: 2 };
  const metrics = new HubMetrics({
    hosts: () => {
      state.asked++;
      const host = { name: "h", state: "up", skewMs: 1, lagMs: 2, waiting: 3, lostRows: 4 };
      return {
        hosts: Array.from({ length: state.count }, (_, i) => ({ ...host, hostId: `id-${i}` })),
        others: { counts: () => ({ online: state.count }) },
        sharedChannels: [],
      };
    },
    status: () => "ok",
    asOfMs: () => 0,
    isLeader: () => true,
    problems: () => [],
    alerts: () => ({
      open: [],
      receivers: [],
      turns: { bounds: [], cumulative: [], count: 0, sumS: 0 },
    }),
    pings: () => null,
    viewers: () => ({ open: 0, dropped: 0 }),
    clock: { wallMs: () => 1_000 },
  });
  const scrape = async () => new Scraped(Buffer.concat(await metrics.chunks()).toString());
  return { state, scrape };
}

test("the picture of all hosts is made once a scrape, and is of that moment", async () => {
  const { state, scrape } = metricsOf();
  const first = await scrape();
  expect(state.asked).toBe(1);
  expect(first.value("kissbot_fleet_hosts", { state: "up" })).toBe(2);
  expect(first.value("kissbot_fleet_bots", { status: "online" })).toBe(2);
  expect(first.of("kissbot_fleet_host_lag_seconds")).toHaveLength(2);
  expect(first.value("kissbot_fleet_shared_channels")).toBe(0);
  state.count = 3;
  const second = await scrape();
  expect(state.asked).toBe(2);
  expect(second.value("kissbot_fleet_hosts", { state: "up" })).toBe(3);
  expect(second.of("kissbot_fleet_host_skew_seconds")).toHaveLength(3);
});

test("scrapes at the same time have all hosts each", async () => {
  const { scrape } = metricsOf();
  for (const scraped of await Promise.all([scrape(), scrape(), scrape()]))
    expect(scraped.value("kissbot_fleet_hosts", { state: "up" })).toBe(2);
});
