import { openStore, type StoreEvent } from "@kissbot/store";
import { lasting, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { startProgram } from "./program.js";
import { batchOf, everything, usageRows } from "./rows.js";

const lockMs = 30_000;

test("another process holds the lock for 30 s: writes wait, reads and the main thread do not, then all is written", async () => {
  using folder = new TemporaryFolder("store");
  const events: StoreEvent[] = [];
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path, { onEvent: (event) => events.push(event) });
  await store.write(batchOf({ llmUsage: usageRows(10) }));
  await using program = startProgram("lock-holder.mjs", path, "write");
  await program.prints("held\n");

  const since = performance.now();
  const writes = Array.from({ length: 30 }, () => store.write(batchOf({ llmUsage: usageRows(10) })));
  await until("the store says that it waits", () => store.state().status === "busy");
  expect(store.state()).toMatchObject({
    pendingBatches: 30,
    pendingRows: 300,
    detail: expect.stringContaining("locked"),
  });
  let longestMs = 0;
  while (performance.now() - since < lockMs) {
    const asked = performance.now();
    const [total] = await store.usageTotals(everything);
    longestMs = Math.max(longestMs, performance.now() - asked);
    expect(total?.calls, "readers see what is committed").toBe(10);
    await lasting("the pause between two reads", 50);
  }
  expect(longestMs, "a read does not wait for the lock").toBeLessThan(2_000);
  expect(store.state().pendingBatches).toBe(30);
  program.endInput();
  expect(new Set(await Promise.all(writes))).toEqual(new Set(["applied"]));
  expect((await store.usageTotals(everything))[0]?.calls).toBe(310);
  // The writer answers first, and says then that the lock is over.
  await until("the store says that it is well", () => store.state().status === "ok");
  expect(events.filter(({ kind }) => kind === "status")).toEqual([
    expect.objectContaining({ from: "ok", to: "busy" }),
    expect.objectContaining({ from: "busy", to: "ok" }),
  ]);
}, 60_000);

test("a write that has waited for busyTimeoutMs rejects with busy, and its id settles it later", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path, { busyTimeoutMs: 300, maxPendingRows: 25 });
  const other = new (loadDriver())(path);
  other.exec("BEGIN IMMEDIATE");
  const batch = batchOf({ llmUsage: usageRows(20) });
  const write = store.write(batch);
  await expect(store.write(batchOf({ llmUsage: usageRows(10) }))).rejects.toMatchObject({
    code: "overloaded",
  });
  await expect(write).rejects.toMatchObject({ code: "busy" });
  other.exec("ROLLBACK");
  other.close();
  expect(await store.write(batch)).toBe("applied");
  expect(await store.write(batch)).toBe("duplicate");
});

test("close while the lock is held ends within its drain time; what waited is refused with closed", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const store = await openStore(path);
  const other = new (loadDriver())(path);
  other.exec("BEGIN IMMEDIATE");
  const write = store.write(batchOf({ llmUsage: usageRows(1) }));
  const refused = expect(write).rejects.toMatchObject({ code: "closed" });
  const since = performance.now();
  await store.close({ drainMs: 500 });
  await refused;
  expect(performance.now() - since).toBeLessThan(3_000);
  other.close();
});

test("opening waits for a lock, and says busy when its time is over", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const other = new (loadDriver())(path);
  other.exec("BEGIN EXCLUSIVE");
  await expect(openStore(path, { openTimeoutMs: 300 })).rejects.toMatchObject({ code: "busy" });
  const opening = openStore(path, { openTimeoutMs: 20_000 });
  await lasting("the lock while the store is opened", 300);
  other.exec("ROLLBACK");
  other.close();
  await (await opening).close();
});
