import { fileURLToPath } from "node:url";
import { openStore } from "@kissbot/store";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../../../store/src/sqlite/file/driver.js";
import { Place, type Running } from "./place.js";

const register = (channel: string, pid: number) => ({ type: "register", channel, pid });
const usage = (n: number) => ({
  type: "llm_usage",
  channel: "a",
  model: "m",
  feature: "f",
  tokens_in: n,
  tokens_out: 0,
});

/**
 * A second connection, in a process of its own, that holds the database's lock until it is told to
 * let go.
 */
async function lockOf(path: string, mode: "write" | "exclusive"): Promise<Child> {
  const program = fileURLToPath(new URL("../../../store/test/lock-holder.mjs", import.meta.url));
  const holder = Child.node([program, path, mode], { stdin: true });
  await holder.prints("held");
  return holder;
}

async function assertSums(monitor: Running): Promise<void> {
  const { messages, lines, queue_depth } = await monitor.get("/healthz");
  const sum = (counts: Record<string, number>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  const shed = Object.values(messages.shed as Record<string, Record<string, number>>).reduce(
    (total, reasons) => total + sum(reasons),
    0,
  );
  expect(sum(messages.processed) + queue_depth + shed).toBe(sum(messages.received));
  expect(sum(messages.received) + sum(lines.rejected) + lines.ignored).toBe(lines.lines);
}

test("a flood while the store is locked sheds rows alone, and everything else goes on", async () => {
  await using place = new Place();
  const monitor = await place.start({ queueLimit: 1_000 });
  await using holder = await lockOf(place.database, "write");
  const bot = await place.connect();
  const rows = 40_000;
  for (let n = 0; n < rows; n += 1_000) {
    bot.send(...Array.from({ length: 1_000 }, (_, i) => usage(n + i)), register(`bot${n}`, 1 + n));
  }
  await until("every line is read", () => monitor.daemon.health().lines.lines === rows + rows / 1_000);
  await until(
    "every bot is known",
    async () => (await monitor.get("/api/v1/bots")).bots.length === rows / 1_000,
  );
  await assertSums(monitor);
  // SQLite waits a fifth of a second for the lock before it says that it is held; the flood may be
  // over by then.
  await until("both troubles are told", async () => {
    const { problems } = await monitor.get("/healthz");
    const codes = problems.map(({ code }: { code: string }) => code).sort();
    return codes.join() === "queue_shedding,store_busy";
  });
  const { messages } = await monitor.get("/healthz");
  expect(messages.shed.llm_usage.queue_full).toBeGreaterThan(10_000);
  expect(messages.shed.register).toEqual({ coalesced: 0, queue_full: 0, fleet_full: 0, too_many_pids: 0 });

  holder.endInput();
  await until("what waited is stored", async () => {
    const { store, queue_depth } = await monitor.get("/healthz");
    return store.pending_rows === 0 && queue_depth === 0;
  });
  await assertSums(monitor);
  const kept = rows - (monitor.daemon.health().messages.shed["llm_usage"]?.["queue_full"] ?? 0);
  expect((await monitor.get("/api/v1/llm-usage")).usage[0].calls).toBe(kept);
  expect((await monitor.metrics()).get('kissbot_store_rows_total{table="llm_usage"}')).toBe(kept);
});

test("health names what waits of rows and of bytes, and both bounds, in quiet and in need", async () => {
  await using place = new Place();
  const bounds = { max_rows: 5_000, max_bytes: 1_000_000 };
  const monitor = await place.start({ queueLimit: bounds.max_rows, queueBytes: bounds.max_bytes });
  const quiet = await monitor.get("/healthz");
  expect(quiet.problems).toEqual([]);
  expect(quiet.queue).toEqual({ rows: 0, bytes: 0, ...bounds });
  await using holder = await lockOf(place.database, "write");
  const bot = await place.connect();
  for (let n = 0; n < 60_000; n += 1_000) {
    bot.send(...Array.from({ length: 1_000 }, (_, i) => usage(n + i)));
  }
  await until("every line is read", () => monitor.daemon.health().lines.lines === 60_000);
  await until("the bytes are all taken", async () => {
    const { queue } = await monitor.get("/healthz");
    return queue.bytes > bounds.max_bytes - 1_000 && queue.bytes <= bounds.max_bytes;
  });
  const { queue, queue_depth } = await monitor.get("/healthz");
  expect(queue).toMatchObject({ ...bounds, rows: queue_depth });
  expect(queue.rows).toBeGreaterThan(1_000);
  expect(queue.rows).toBeLessThan(bounds.max_rows);
  holder.endInput();
  await until("nothing waits", async () => {
    const { queue } = await monitor.get("/healthz");
    return queue.rows === 0 && queue.bytes === 0;
  });
});

test("a store that is locked at the start is served without, and merged when it opens", async () => {
  await using place = new Place();
  const before = await openStore(place.database);
  await before.write({
    producer: "test",
    epoch: 1,
    seq: 1,
    bots: ["old", "both", "same"].map((channel) => ({
      channel,
      pid: 4_100_000,
      status: channel === "same" ? ("online" as const) : ("offline" as const),
      featuresJson: "{}",
      restarts: 4,
      registeredAtMs: 1_000,
      lastSeenMs: 2_000,
      statusSinceMs: 2_000,
      startedAtMs: 500,
    })),
  });
  await before.close();
  await using holder = await lockOf(place.database, "exclusive");
  const monitor = await place.start();
  expect(monitor.report.store.open).toBe(false);
  (await place.connect()).send(register("both", process.pid), register("same", 4_100_000), usage(1));
  await until("the bots are known", () => monitor.daemon.health().bots.online === 2);
  expect(await monitor.get("/healthz")).toMatchObject({ status: "degraded", store: { status: "opening" } });
  holder.endInput();
  await until("the store is open", async () => (await monitor.get("/healthz")).status === "ok", {
    timeoutMs: 40_000,
  });
  expect((await monitor.get("/api/v1/bots")).bots).toMatchObject([
    { channel: "both", status: "online", pid: process.pid, restarts: 4 },
    { channel: "old", status: "offline", restarts: 4 },
    { channel: "same", status: "online", restarts: 4 },
  ]);
  await until("what waited is stored", () => monitor.daemon.health().store.pendingRows === 0);
  expect((await monitor.get("/api/v1/llm-usage")).usage[0].calls).toBe(1);
  // Who was online is online: no change. Who had gone is back.
  expect((await monitor.get("/api/v1/events")).events).toMatchObject([
    { channel: "both", from_status: "offline", to_status: "online" },
  ]);
}, 60_000);

test("a file that turns out late to be somebody else's is told, left as it is, and takes nobody down", async () => {
  await using place = new Place();
  const Database = loadDriver();
  const foreign = new Database(place.database);
  foreign.pragma("journal_mode = WAL");
  foreign.exec("CREATE TABLE letters (text TEXT)");
  foreign.close();
  await using holder = await lockOf(place.database, "exclusive");
  const monitor = await place.start();
  expect(monitor.report.store.open).toBe(false);
  holder.endInput();
  const codes = async () =>
    (await monitor.get("/healthz")).problems.map(({ code }: { code: string }) => code);
  await until("it is told", async () => (await codes()).includes("store_foreign_database"), {
    timeoutMs: 40_000,
  });
  (await place.connect()).send(register("a", 1));
  await until("bots are seen all the same", () => monitor.daemon.health().bots.online === 1);
}, 60_000);
