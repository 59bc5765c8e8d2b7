import { openStore, type Retention } from "@kissbot/store";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settingTable } from "../../src/config/setting-table.js";
import { resolve } from "../config/resolved.js";
import { Place } from "./place.js";

vi.mock("@kissbot/store", async (original) => {
  const store = await original<typeof import("@kissbot/store")>();
  return { ...store, openStore: vi.fn(store.openStore) };
});

let place: Place;

beforeEach(() => {
  vi.mocked(openStore).mockClear();
  place = new Place();
});

afterEach(() => place[Symbol.asyncDispose]());

const flags: Record<keyof Retention, keyof typeof settingTable> = {
  metricsDays: "retentionDays",
  minuteDays: "minuteRetentionDays",
  hourDays: "hourRetentionDays",
  customMetricsDays: "customRetentionDays",
  statusHistoryDays: "statusRetentionDays",
  usageDays: "usageRetentionDays",
};
const kinds = Object.keys(flags) as (keyof Retention)[];

/** What the store is opened with by a monitor that is started with these flags. */
async function retentionWith(given: Record<string, string>) {
  const { name: _, ...settings } = resolve(given).settings;
  const { socketPath, store, http, logLevel } = place.settings();
  await place.daemon({ ...settings, socketPath, store, http, logLevel }).start();
  const calls = vi.mocked(openStore).mock.calls;
  expect(calls).toHaveLength(1);
  return calls[0]?.[1]?.retention;
}

test("each retention of the store is a setting of the monitor, and reaches it [trial/O15]", async () => {
  const given = Object.fromEntries(kinds.map((kind, i) => [settingTable[flags[kind]].flag, `${i + 11}`]));
  const wanted = Object.fromEntries(kinds.map((kind, i) => [kind, i + 11]));
  expect(await retentionWith(given)).toEqual(wanted);
});

test("each retention may be forever [trial/O15]", async () => {
  const given = Object.fromEntries(kinds.map((kind) => [settingTable[flags[kind]].flag, "forever"]));
  expect(await retentionWith(given)).toEqual(Object.fromEntries(kinds.map((kind) => [kind, null])));
});

test("without a flag, the monitor keeps what the store keeps by itself [trial/O15]", async () => {
  const { defaultRetention } = await import("@kissbot/store");
  expect(await retentionWith({})).toEqual(defaultRetention);
});
