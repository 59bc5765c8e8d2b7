import { openStore } from "@kissbot/store";
import { ManualClock, RecordingLogger, until } from "@kissbot/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { batchEpoch } from "../../src/worker/batch-epoch.js";
import { RunRecord } from "../../src/worker/run-record.js";
import { StoreWriter } from "../../src/worker/store-writer.js";
import { metricTable } from "../metric-table.js";

afterEach(() => {
  vi.restoreAllMocks();
});

test("no chance gives the writers of one life the same epoch [server/F23]", () => {
  const startedAtMs = 1_763_000_000_000;
  const chances = Array.from({ length: 1_024 }, (_, i) => i / 1_024);
  const writers = ["rows", "runs", "alerts", "repricing"] as const;
  const epochs = writers.map(
    (writer) => new Set(chances.map((chance) => batchEpoch(writer, startedAtMs, chance))),
  );
  for (const own of epochs) expect(own.size).toBe(256);
  expect(new Set(epochs.flatMap((own) => [...own])).size).toBe(4 * 256);
  const next = writers.map((writer) => batchEpoch(writer, startedAtMs + 1, 0));
  expect(Math.min(...next)).toBeGreaterThan(Math.max(...epochs.flatMap((own) => [...own])));
  expect(Number.isSafeInteger(batchEpoch("runs", 253_402_300_799_999 / 32, 0.999))).toBe(true);
});

test("every batch of rows is stored beside the word that the monitor runs, whatever chance gives both [server/F23]", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.25);
  const store = await openStore("memory:");
  const write = vi.spyOn(store, "write");
  const clock = new ManualClock();
  const life = { store: () => store, producer: "monitor", startedAtMs: clock.wallMs() };
  const logger = new RecordingLogger();
  const record = new RunRecord({ ...life, clock, logger });
  const writer = new StoreWriter({ ...life, logger, onFailed: () => undefined });
  await record.start();
  await until("the run is told", async () => (await store.runs({})).length === 1);
  const row = { tsMs: clock.wallMs(), channel: "a", metricName: "m", value: 1 };
  writer.addCustomMetrics(metricTable(row), 0, 1);
  expect(await writer.finish(10_000)).toBe(0);
  await record.stop();
  expect((await store.metricNames({ channel: "a", limit: 10 })).metrics).toMatchObject([{ metricName: "m" }]);
  const outcomes = await Promise.all(write.mock.results.map(({ value }) => value as Promise<string>));
  expect(outcomes.length).toBeGreaterThan(2);
  expect(new Set(outcomes)).toEqual(new Set(["applied"]));
  await store.close();
});
