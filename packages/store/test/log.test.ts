import { statSync } from "node:fs";
import { openStore, type StoreEvent } from "@kissbot/store";
import { lasting, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { openReader } from "../src/sqlite/file/connection.js";
import { startProgram } from "./program.js";
import { batchOf, everything, usageRows } from "./rows.js";

const mb = 1024 * 1024;

test("readers that overlap without end do not let the log grow", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const maxWalBytes = 4 * mb;
  await using store = await openStore(path, { maxWalBytes });
  await store.write(batchOf({ llmUsage: usageRows(2_000) }));
  // Two programs, each of which opens its next snapshot before it lets the last one go: at no
  // moment is there none.
  await using first = startProgram("endless-reader.mjs", path);
  await using second = startProgram("endless-reader.mjs", path);
  await Promise.all([first.prints("reading"), second.prints("reading")]);
  let largest = 0;
  let written = 0;
  const rows = usageRows(1_000);
  for (let i = 0; i < 80; i++) {
    await store.write(batchOf({ llmUsage: rows }));
    written += rows.length * 200;
    largest = Math.max(largest, statSync(`${path}-wal`).size);
  }
  expect(written).toBeGreaterThan(3 * maxWalBytes);
  expect(largest, "several times the bound at most").toBeLessThan(6 * maxWalBytes);
}, 60_000);

test("a snapshot that is held for long is named, with the log's size; writing goes on", async () => {
  using folder = new TemporaryFolder("store");
  const events: StoreEvent[] = [];
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path, { maxWalBytes: 4 * mb, onEvent: (event) => events.push(event) });
  await using program = startProgram("lock-holder.mjs", path, "read");
  await program.prints("held\n");
  const rows = usageRows(1_000);
  await until("the snapshot is noticed", async () => {
    expect(await store.write(batchOf({ llmUsage: rows }))).toBe("applied");
    return store.state().heldSnapshot !== null;
  });
  const { heldSnapshot, status } = store.state();
  expect(status).toBe("ok");
  expect(heldSnapshot?.walBytes).toBeGreaterThan(mb);
  if (process.platform === "linux") expect(heldSnapshot?.holder).toBe(`process ${program.pid}`);
  program.endInput();
  await until("it is let go", () => store.state().heldSnapshot === null);
  await until("the log is small again", async () => {
    await store.write(batchOf({ llmUsage: rows }));
    return statSync(`${path}-wal`).size <= 8 * mb;
  });
  expect(events.map(({ kind }) => kind)).toEqual(["migrated", "snapshot_held", "snapshot_released"]);
  expect((await store.usageTotals(everything))[0]?.calls).toBe(store.state().committedRows);
}, 60_000);

test("what a quiet program writes is neither copied nor rolled up every second, and is there all the same", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path);
  const size = statSync(path).size;
  const row = { channel: "a", pid: 1, rssMb: 1, cpuPct: 1, featuresJson: "{}" };
  const nowMs = Date.now();
  for (let i = 0; i < 3; i++) {
    await store.write(batchOf({ botMetrics: [{ ...row, tsMs: nowMs + i }] }));
    // Long enough for the look of once a second, and for what is done half a second after a write.
    await lasting("the second in which nothing is written again", 1_100);
  }
  expect(statSync(path).size, "nothing was copied into the file").toBe(size);
  const db = openReader(path);
  const cursor = db
    .prepare("SELECT last_id FROM monitor_rollup_cursors WHERE source = 'bot_metrics'")
    .pluck();
  expect(cursor.get()).toBe(0);
  db.close();
  const series = await store.metricSeries({ fromMs: nowMs - 3_600_000, toMs: nowMs + 10, points: 1 });
  expect(series.series[0]?.points[0]?.samples).toBe(3);
  await store.maintain();
  const again = await store.metricSeries({ fromMs: nowMs - 3_600_000, toMs: nowMs + 10, points: 1 });
  expect(again.series[0]?.points[0]?.samples).toBe(3);
});
