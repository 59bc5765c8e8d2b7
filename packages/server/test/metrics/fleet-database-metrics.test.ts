import { expect, test } from "vitest";
import type { FleetDatabaseFigures } from "../../src/metrics/metric-sources.js";
import { Counted } from "./counted.js";
import { plainFigures } from "./plain-figures.js";

const families = (types: ReadonlyMap<string, string>) =>
  [...types.keys()].filter((name) => name.startsWith("kissbot_fleet_database_"));

test("a monitor without a fleet database has no metric of one", async () => {
  expect(families((await new Counted().scrape()).types)).toEqual([]);
});

test("the sending to a fleet database is counted by table, with what was lost and why [fleet/R6]", async () => {
  const scraped = await new Counted({ fleetDatabase: () => plainFigures }).scrape();
  const value = (name: string, labels = {}) => [
    scraped.types.get(`kissbot_fleet_database_${name}`),
    scraped.value(`kissbot_fleet_database_${name}`, labels),
  ];
  const table = "llm_usage";
  expect(value("up")).toEqual(["gauge", 1]);
  expect(value("leader")).toEqual(["gauge", 1]);
  expect(value("lag_seconds")).toEqual(["gauge", 0.25]);
  expect(value("clock_skew_seconds")).toEqual(["gauge", -6.5]);
  expect(value("pending_rows", { table })).toEqual(["gauge", 12]);
  expect(value("rows_total", { table })).toEqual(["counter", 4_000]);
  expect(value("rows_lost_total", { table, reason: "deleted" })).toEqual(["counter", 7]);
  expect(value("rows_lost_total", { table, reason: "rejected" })).toEqual(["counter", 1]);
  expect(value("problem", { code: "fleet_skewed" })).toEqual(["gauge", 1]);
  expect(families(scraped.types)).toHaveLength(8);
});

test("what is not known of a fleet database has no line, not 0", async () => {
  const figures: FleetDatabaseFigures = {
    ...plainFigures,
    isUp: false,
    isLeader: false,
    clockSkewS: null,
    waitingRows: {},
    problems: [],
  };
  const scraped = await new Counted({ fleetDatabase: () => figures }).scrape();
  const lines = ["clock_skew_seconds", "pending_rows", "problem"].flatMap((name) => [
    ...scraped.of(`kissbot_fleet_database_${name}`),
  ]);
  expect(lines).toEqual([]);
  expect(scraped.value("kissbot_fleet_database_up")).toBe(0);
  expect(scraped.value("kissbot_fleet_database_leader")).toBe(0);
});
