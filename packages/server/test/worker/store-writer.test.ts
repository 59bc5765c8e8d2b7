import type { Batch, LlmUsage, Store, StoreErrorCode } from "@kissbot/store";
import { silentLogger } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Bot } from "../../src/registry/bot.js";
import { botRecordFrom } from "../../src/worker/bot-record.js";
import { StoreWriter, type StoreWriterOptions } from "../../src/worker/store-writer.js";
import { metricTable } from "../metric-table.js";
import { usageTable } from "../usage-table.js";
import { ScriptedStore } from "./scripted-store.js";

const usage = (n: number): LlmUsage => ({
  tsMs: 1_000 + n,
  channel: "a",
  model: "m",
  feature: "f",
  tokensIn: n,
  tokensOut: 0,
});
const addUsage = (writer: StoreWriter, row: LlmUsage) => writer.addUsage(usageTable(row), 0, 1);
const sample = (channel: string, rssMb: number) => ({
  tsMs: 1,
  channel,
  pid: 1,
  rssMb,
  cpuPct: 1,
  featuresJson: "{}",
});
const change = (n: number) => ({
  tsMs: n,
  channel: `c${n}`,
  pid: 1,
  from: null,
  to: "online" as const,
  cause: "registered",
  causeCode: "registered" as const,
  previousPid: null,
  livedMs: null,
});
const bot = (channel: string, revision = 1): Bot =>
  ({
    channel,
    pid: revision,
    status: "online",
    statusSinceMs: 1,
    featuresJson: "{}",
    registeredAtMs: 1,
    lastSeenMs: 1,
    startedAtMs: null,
    startTold: false,
    processSeen: false,
    restarts: 0,
    version: null,
    intervalS: null,
  }) as unknown as Bot;
const idOf = ({ producer, epoch, seq }: Batch) => `${producer}/${epoch}/${seq}`;

let scripted: ScriptedStore;
let open: Store | null;
let failures: StoreErrorCode[];

function writerOf(change: Partial<StoreWriterOptions> = {}): StoreWriter {
  const onFailed = ({ code }: { code: StoreErrorCode }) => failures.push(code);
  return new StoreWriter({
    store: () => open,
    logger: silentLogger,
    onFailed,
    startedAtMs: 1_700_000_000_000,
    producer: "bots-1",
    ...change,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  scripted = new ScriptedStore();
  open = scripted.store;
  failures = [];
});

afterEach(() => {
  vi.useRealTimers();
});

test("rows leave together, 100 ms after the first", async () => {
  const writer = writerOf();
  addUsage(writer, usage(1));
  await vi.advanceTimersByTimeAsync(60);
  addUsage(writer, usage(2));
  expect(scripted.batches).toEqual([]);
  await vi.advanceTimersByTimeAsync(40);
  expect(scripted.batches.map(({ llmUsage }) => llmUsage?.length)).toEqual([2]);
  expect(writer.pendingRows).toBe(2);
  await scripted.waiting[0]?.answer("applied");
  expect(writer.pendingRows).toBe(0);
  expect(writer.committedRows["llm_usage"]).toBe(2);
});

test("each batch carries the prices of its own rows, and so does each half of a refused one", async () => {
  const price = (priceId: number) => ({
    priceId,
    source: "table",
    version: "1",
    model: "m",
    priceJson: "{}",
    firstUsedMs: 1,
  });
  const pricesOf = (rows: Iterable<LlmUsage>) =>
    [...new Set([...rows].map(({ priceId }) => priceId ?? 0))].filter((id) => id > 0).map(price);
  const writer = writerOf({ pricesOf });
  scripted.reply = ({ llmUsage = [] }) =>
    llmUsage.some(({ tokensIn }) => tokensIn === 9) ? "invalid_batch" : "applied";
  const rows = [1, 2, 9, 3].map((n) => ({ ...usage(n), costUsd: 1, priceId: n < 9 ? 7 : 8 }));
  for (const row of rows) addUsage(writer, row);
  await vi.advanceTimersByTimeAsync(100);
  addUsage(writer, usage(4));
  await vi.advanceTimersByTimeAsync(100);
  const stored = scripted.batches.filter(({ llmUsage = [] }) =>
    llmUsage.every(({ tokensIn }) => tokensIn !== 9),
  );
  expect(stored.map(({ llmUsage, prices }) => [llmUsage?.map(({ tokensIn }) => tokensIn), prices])).toEqual([
    [
      [1, 2],
      [price(7), price(8)],
    ],
    [[3], [price(7), price(8)]],
    [[4], undefined],
  ]);
  expect(writer.committedRows["llm_usage"]).toBe(4);
  expect(writer.lostRows["llm_usage"]).toBe(1);
});

test("a record that changed waits for a second and takes samples along; a change of status takes the record along", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  writer.markBot(bot("a"));
  writer.addSample(sample("a", 1));
  await vi.advanceTimersByTimeAsync(900);
  addUsage(writer, usage(1));
  writer.addSample(sample("a", 2));
  await vi.advanceTimersByTimeAsync(99);
  expect(scripted.batches).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  const [state, metrics] = scripted.batches;
  expect(state?.bots).toHaveLength(1);
  expect(metrics?.botMetrics).toEqual([sample("a", 1), sample("a", 2)]);
  expect(scripted.batches.slice(2)).toMatchObject([{ llmUsage: [usage(1)] }]);
  writer.markBot(bot("b"));
  writer.addTransition({ ...change(1), channel: "b" });
  await vi.advanceTimersByTimeAsync(100);
  expect(scripted.batches).toHaveLength(4);
  expect(scripted.batches.at(-1)).toMatchObject({
    bots: [{ channel: "b" }],
    statusChanges: [{ channel: "b" }],
  });
});

/** Like the registry, which hands out one object for each bot and changes it. */
function changing(channel: string): { -readonly [Name in keyof Bot]: Bot[Name] } {
  return { ...bot(channel) };
}

test("a bot that was only heard again waits for 14 s, one commit takes all of them, and no sample goes along", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  const fleet = Array.from({ length: 50 }, (_, n) => changing(`c${n}`));
  for (const one of fleet) writer.markBot(one);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scripted.batches).toHaveLength(1);
  for (const one of fleet) {
    one.lastSeenMs += 30_000;
    writer.markBot(one);
    writer.addSample(sample(one.channel, 1));
    await vi.advanceTimersByTimeAsync(200);
  }
  await vi.advanceTimersByTimeAsync(3_999);
  expect(scripted.batches).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(scripted.batches.map(({ bots }) => bots?.length)).toEqual([50, 50]);
  expect(scripted.batches[1]?.bots?.every(({ lastSeenMs }) => lastSeenMs === 30_001)).toBe(true);
});

test("of a bot of which nothing changed that is stored, nothing is written", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  const one = changing("a");
  writer.markBot(one);
  await vi.advanceTimersByTimeAsync(1_000);
  Object.assign(one, { cpuPct: 5, rssMb: 10, measuredAtMs: 7, revision: 9 });
  writer.markBot(one);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scripted.batches).toHaveLength(1);
  writer.remarkBot(one);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scripted.batches).toHaveLength(2);
});

/**
 * What may change of a bot's record: under the name of a bot's field, as that of its record may be
 * another.
 */
const changes: Partial<Bot> = {
  pid: 2,
  status: "dead",
  featuresJson: '{"a":true}',
  registeredAtMs: 2,
  statusSinceMs: 2,
  statusCause: "another cause",
  causeCode: "silent",
  previousPid: 3,
  livedMs: 4,
  startedAtMs: 2,
  startTold: true,
  processSeen: true,
  restarts: 1,
  version: "2",
  intervalS: 5,
  trouble: "gateway closed: 4004",
  troubleSinceMs: 5,
};
/** These ride along with the next record: a sample that waits has them too. */
const patient = ["channel", "lastSeenMs", "lastCpuPct", "lastRssMb"];

test("each field of a record either waits for the next one or is in the test below", () => {
  const before = botRecordFrom(bot("a"));
  const after = botRecordFrom({ ...bot("a"), ...changes });
  const names = Object.keys(before) as (keyof typeof before)[];
  expect(names.filter((name) => before[name] === after[name]).sort()).toEqual([...patient].sort());
});

test.each(Object.entries(changes))(
  "a change of %s never waits for more than a second, however often the bot is heard",
  async (name, value) => {
    const writer = writerOf();
    scripted.reply = () => "applied";
    const one = changing("a");
    writer.markBot(one);
    await vi.advanceTimersByTimeAsync(1_000);
    one.lastSeenMs += 1;
    writer.markBot(one);
    Object.assign(one, { [name]: value, lastSeenMs: 9 });
    writer.markBot(one);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(scripted.batches[1]?.bots).toEqual([botRecordFrom(one)]);
  },
);

test("however many bots are heard, all are stored when the first is due", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  const fleet = Array.from({ length: 3_500 }, (_, n) => changing(`c${n}`));
  for (const one of fleet) writer.markBot(one);
  await vi.advanceTimersByTimeAsync(2_000);
  const before = scripted.batches.length;
  for (const one of fleet) {
    one.lastSeenMs = 5;
    writer.markBot(one);
  }
  await vi.advanceTimersByTimeAsync(13_999);
  expect(scripted.batches).toHaveLength(before);
  await vi.advanceTimersByTimeAsync(1);
  const later = scripted.batches.slice(before).map(({ bots = [] }) => bots.length);
  expect(later).toEqual([1_000, 1_000, 1_000, 500]);
});

test("samples leave twenty at a time, or five minutes after the first, or when somebody reads them", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  const stored = () => scripted.batches.map(({ botMetrics = [] }) => botMetrics.map(({ rssMb }) => rssMb));
  for (let n = 1; n <= 20; n++) {
    expect(stored()).toEqual([]);
    writer.addSample(sample("a", n));
    writer.addSample(sample("b", n));
    await vi.advanceTimersByTimeAsync(n < 20 ? 15_000 : 1_000);
  }
  const twenty = Array.from({ length: 20 }, (_, n) => n + 1);
  expect(stored()).toEqual([[...twenty, ...twenty]]);
  writer.addSample(sample("a", 5));
  await vi.advanceTimersByTimeAsync(299_999);
  expect(stored()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(stored().slice(1)).toEqual([[5]]);
  writer.addSample(sample("a", 6));
  expect(writer.pendingRows, "a sample that is not due waits for nobody").toBe(0);
  await writer.samplesStored();
  expect(stored().slice(2)).toEqual([[6]]);
  expect(writer.pendingRows).toBe(0);
  await writer.samplesStored();
});

test("a full batch leaves at once", () => {
  const writer = writerOf();
  for (let n = 0; n < 2_500; n++) addUsage(writer, usage(n));
  expect(scripted.batches.map(({ llmUsage }) => llmUsage?.length)).toEqual([2_500]);
  expect(writer.usageRoom).toBe(2_500);
});

test("a batch that failed is sent again under its id, until the store has answered for it", async () => {
  const writer = writerOf();
  addUsage(writer, usage(1));
  await vi.advanceTimersByTimeAsync(100);
  for (const code of ["busy", "disk_full", "io_error", "thread_failed", "overloaded"] as const) {
    await scripted.waiting[0]?.answer(code);
    expect(scripted.waiting).toEqual([]);
    await vi.advanceTimersByTimeAsync(5_000);
  }
  await scripted.waiting[0]?.answer("duplicate");
  expect(failures).toEqual(["busy", "disk_full", "io_error", "thread_failed", "overloaded"]);
  expect(scripted.batches).toHaveLength(6);
  expect(new Set(scripted.batches.map(idOf)).size).toBe(1);
  expect(writer.committedRows["llm_usage"]).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scripted.batches).toHaveLength(6);
});

test("a store that takes nothing leaves no room, and takes it back when it does", async () => {
  const writer = writerOf();
  let rooms = 0;
  writer.onRoom = () => rooms++;
  let taken = 0;
  for (; writer.usageRoom > 0; taken++) addUsage(writer, usage(taken));
  expect(taken).toBe(9 * 2_500);
  expect(scripted.batches).toHaveLength(8);
  rooms = 0;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scripted.batches).toHaveLength(8);
  expect(rooms).toBe(0);
  await scripted.waiting[0]?.answer("applied");
  expect(rooms).toBe(1);
  expect(writer.usageRoom).toBe(2_500);
});

test("usage goes on while metrics are refused for want of disk space", async () => {
  const writer = writerOf();
  scripted.reply = (batch) => (batch.botMetrics || batch.customMetrics ? "disk_full" : "applied");
  writer.addSample(sample("a", 1));
  writer.addCustomMetrics(metricTable({ tsMs: 1, channel: "a", metricName: "m", value: 1 }), 0, 1);
  addUsage(writer, usage(1));
  writer.addTransition(change(1));
  void writer.samplesStored();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(writer.committedRows).toMatchObject({ llm_usage: 1, monitor_status_history: 1, bot_metrics: 0 });
  expect(writer.pendingRows).toBe(2);
  scripted.reply = () => "applied";
  writer.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(writer.committedRows).toMatchObject({ bot_metrics: 1, monitor_custom_metrics: 1 });
});

test("while nothing is taken, twenty samples per bot wait: the newest", async () => {
  const writer = writerOf();
  scripted.reply = () => "busy";
  for (let round = 0; round < 200; round++) {
    writer.addSample(sample("a", round));
    writer.addSample(sample("b", round));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  // Eight batches are under way, of twenty rounds each; what came after them has twenty places per
  // bot.
  expect(writer.pendingRows).toBe(8 * 40 + 40);
  scripted.reply = () => "applied";
  await vi.advanceTimersByTimeAsync(10_000);
  const last = scripted.batches.reduce((a, b) => (b.seq > a.seq ? b : a));
  const newest = Array.from({ length: 20 }, (_, n) => 180 + n);
  expect(last.botMetrics?.map(({ rssMb }) => rssMb)).toEqual([...newest, ...newest]);
  expect(writer.committedRows["bot_metrics"]).toBe(360);
});

test("samples that wait are bounded for a large fleet too: then one of each bot, the newest", async () => {
  open = null;
  const writer = writerOf();
  for (let round = 0; round < 20; round++)
    for (let n = 0; n < 3_000; n++) writer.addSample(sample(`c${n}`, round));
  expect(writer.pendingRows).toBeLessThanOrEqual(25_000 + 3_000);
  for (let round = 20; round < 25; round++)
    for (let n = 0; n < 30_000; n++) writer.addSample(sample(`c${n}`, round));
  expect(writer.pendingRows).toBeLessThanOrEqual(25_000 + 30_000);
  writer.discard();
});

test("records and changes of status are committed in order: one batch at a time", async () => {
  const writer = writerOf();
  writer.markBot(bot("a", 1));
  writer.addTransition(change(1));
  await vi.advanceTimersByTimeAsync(100);
  writer.markBot(bot("a", 2));
  writer.addTransition(change(2));
  await vi.advanceTimersByTimeAsync(500);
  expect(scripted.waiting).toHaveLength(1);
  await scripted.waiting[0]?.answer("busy");
  await vi.advanceTimersByTimeAsync(500);
  expect(scripted.waiting.map(({ batch }) => batch.bots?.map(({ pid }) => pid))).toEqual([[1]]);
  await scripted.waiting[0]?.answer("applied");
  await vi.advanceTimersByTimeAsync(100);
  expect(scripted.waiting.map(({ batch }) => batch.bots?.map(({ pid }) => pid))).toEqual([[2]]);
  expect(scripted.waiting[0]?.batch.statusChanges).toEqual([change(2)]);
});

test("a row that the store calls invalid is lost alone", async () => {
  const writer = writerOf();
  const stored: number[] = [];
  scripted.reply = ({ llmUsage = [] }) => {
    if (llmUsage.some(({ tokensIn }) => tokensIn === 13)) return "invalid_batch";
    stored.push(...llmUsage.map(({ tokensIn }) => tokensIn));
    return "applied";
  };
  for (let n = 0; n < 40; n++) addUsage(writer, usage(n));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stored.sort((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 13),
  );
  expect(writer.lostRows["llm_usage"]).toBe(1);
  expect(writer.pendingRows).toBe(0);
  expect(new Set(scripted.batches.map(idOf)).size).toBe(scripted.batches.length);
  // Each names the monitor that made it.
  expect(new Set(scripted.batches.map(({ producer }) => producer))).toEqual(new Set(["bots-1"]));
});

test("what came before the store was open is written when it is", async () => {
  open = null;
  const writer = writerOf();
  addUsage(writer, usage(1));
  writer.markBot(bot("a"));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(writer.pendingRows).toBe(1);
  scripted.reply = () => "applied";
  open = scripted.store;
  writer.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(writer.committedRows).toMatchObject({ llm_usage: 1, monitor_bots: 1 });
});

test("a bot that a store knew which opened late was not new: its first change goes out from the recorded status", async () => {
  open = null;
  const writer = writerOf();
  for (let n = 0; n < 3; n++) {
    writer.addTransition(change(n));
    writer.markBot(bot(`c${n}`));
  }
  const died = {
    ...change(9),
    causeCode: "process_gone" as const,
    channel: "c0",
    from: "online" as const,
    to: "dead" as const,
  };
  const deaf = {
    ...change(9),
    channel: "c2",
    from: "online" as const,
    to: "online" as const,
    causeCode: "in_trouble" as const,
    trouble: "gateway closed: 4004",
  };
  writer.addTransition(died);
  writer.addTransition(deaf);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(writer.pendingRows).toBe(5);
  writer.amendGreetings(
    new Map([
      ["c0", "online"],
      ["c1", "stale"],
    ]),
  );
  scripted.reply = () => "applied";
  open = scripted.store;
  writer.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(scripted.batches.flatMap(({ statusChanges = [] }) => statusChanges)).toEqual([
    { ...change(1), from: "stale" },
    change(2),
    died,
    deaf,
  ]);
  expect(scripted.batches.flatMap(({ bots = [] }) => bots)).toHaveLength(3);
  expect(writer.pendingRows).toBe(0);
});

test("finish waits for a store that is just being opened", async () => {
  open = null;
  const writer = writerOf();
  writer.addTransition(change(1));
  writer.markBot(bot("c1"));
  const finished = writer.finish(1_000);
  await vi.advanceTimersByTimeAsync(500);
  scripted.reply = () => "applied";
  open = scripted.store;
  writer.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(await finished).toBe(0);
  expect(scripted.batches.at(-1)).toMatchObject({ markOldStatusOffline: true });
  expect(writer.committedRows).toMatchObject({ monitor_bots: 1, monitor_status_history: 1 });
});

test("finish waits for all that a store takes which opens meanwhile, and not for longer than it may", async () => {
  open = null;
  const writer = writerOf();
  addUsage(writer, usage(1));
  writer.addTransition(change(1));
  let lost: number | undefined;
  const finished = writer.finish(1_000).then((rows) => {
    lost = rows;
  });
  await vi.advanceTimersByTimeAsync(500);
  open = scripted.store;
  writer.wake();
  const [rows, state] = ["llmUsage", "statusChanges"].map((kind) =>
    scripted.waiting.find(({ batch }) => kind in batch),
  );
  await rows?.answer("applied");
  await vi.advanceTimersByTimeAsync(100);
  expect(lost, "the change of status is under way").toBeUndefined();
  await vi.advanceTimersByTimeAsync(400);
  await finished;
  expect(lost).toBe(1);
  await state?.answer("applied");
  expect(vi.getTimerCount()).toBe(0);
});

test("changes of status that wait for too long are bounded, the newest are kept, and the loss is counted", async () => {
  open = null;
  const writer = writerOf();
  for (let n = 0; n <= 100_000; n++) writer.addTransition(change(n));
  expect(writer.lostRows["monitor_status_history"]).toBe(10_000);
  expect(writer.pendingRows).toBe(90_001);
  writer.discard();
});

test("a bot that was forgotten leaves the store before a record of its channel, and nothing of it is written later [server/F14]", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  const [old, other] = [changing("a"), changing("b")];
  for (const one of [old, other]) writer.markBot(one);
  await vi.advanceTimersByTimeAsync(1_000);
  old.lastSeenMs++;
  writer.markBot(old);
  writer.forgetBot(old);
  expect(writer.isForgotten("a")).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(writer.isForgotten("a")).toBe(false);
  writer.forgetBot(other);
  const again = changing("b");
  writer.markBot(again);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(scripted.batches.slice(1).map(({ bots, forgotten }) => [bots?.length, forgotten])).toEqual([
    [0, ["a"]],
    [1, ["b"]],
  ]);
  writer.forgetBot(again);
  expect(await writer.finish(1_000)).toBe(0);
  expect(scripted.batches.at(-1)).toMatchObject({ forgotten: ["b"], markOldStatusOffline: true });
});

test("a question whether what was forgotten is stored waits for it, behind what is on its way [server/F14]", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  const [a, b, c, e] = [changing("a"), changing("b"), changing("c"), changing("e")];
  for (const one of [a, b, c, e]) writer.markBot(one);
  await vi.advanceTimersByTimeAsync(1_000);
  writer.forgetBot(a);
  expect(await writer.recordsStored()).toBe(true);
  expect(scripted.batches.at(-1)).toMatchObject({ forgotten: ["a"] });
  // A batch is under way: what is forgotten now goes with the next one.
  writer.markBot(changing("d"));
  const first = writer.recordsStored();
  writer.forgetBot(c);
  const second = writer.recordsStored();
  expect([await first, await second]).toEqual([true, true]);
  expect(scripted.batches.at(-1)).toMatchObject({ forgotten: ["c"] });
  open = null;
  writer.forgetBot(e);
  expect(await writer.recordsStored()).toBe(false);
  writer.discard();
});

test("a batch with a bad row is taken apart without what is to be forgotten being lost [server/F14]", async () => {
  const writer = writerOf();
  const forgotten: (readonly string[] | undefined)[] = [];
  scripted.reply = (batch) => {
    if ((batch.bots?.length ?? 0) > 0) return "invalid_batch";
    forgotten.push(batch.forgotten);
    return "applied";
  };
  writer.markBot(bot("b"));
  writer.forgetBot(bot("a"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(forgotten).toEqual([["a"]]);
  expect(writer.lostRows["monitor_bots"]).toBe(1);
});

test("bots that come and go under ever new names leave nothing behind while the database is locked", async () => {
  const writer = writerOf();
  const [restored, handedOut] = [bot("restored"), bot("handed out")];
  writer.amendGreetings(new Map([["restored", "online"]]));
  writer.markBot(restored);
  writer.markBot(handedOut);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scripted.waiting, "the batch has no answer: the database is locked").toHaveLength(1);
  for (let n = 0; n < 250_000; n++) {
    const passing = bot(`passing${n}`);
    writer.markBot(passing);
    writer.forgetBot(passing);
    if (n % 10_000 === 0) expect(writer.isForgotten(passing.channel)).toBe(false);
  }
  for (const one of [restored, handedOut]) writer.forgetBot(one);
  expect(writer.lostRows["monitor_bots"]).toBe(0);
  scripted.reply = () => "applied";
  await scripted.waiting[0]?.answer("applied");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(scripted.batches.map(({ bots, forgotten }) => [bots?.length, forgotten])).toEqual([
    [2, undefined],
    [0, ["restored", "handed out"]],
  ]);
  writer.discard();
});

test("before the store was ever open 100 000 channels wait to be forgotten; more are counted, and stay", async () => {
  open = null;
  const writer = writerOf();
  for (let n = 0; n < 100_000; n++) writer.forgetBot(bot(`c${n}`));
  expect(writer.lostRows["monitor_bots"]).toBe(0);
  writer.forgetBot(bot("c7"));
  for (let n = 100_000; n < 100_250; n++) writer.forgetBot(bot(`c${n}`));
  expect(writer.lostRows["monitor_bots"]).toBe(250);
  expect([writer.isForgotten("c99999"), writer.isForgotten("c100000")]).toEqual([true, false]);
  scripted.reply = () => "applied";
  open = scripted.store;
  writer.wake();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scripted.batches[0]?.forgotten).toHaveLength(100_000);
  writer.discard();
});

test("a bot that flaps while the store is away takes none of the others' changes [server/F12]", async () => {
  open = null;
  const writer = writerOf();
  for (let n = 0; n < 20; n++) writer.addTransition({ ...change(n), channel: `honest${n}` });
  for (let n = 0; n < 250_000; n++) writer.addTransition({ ...change(n), channel: "flap" });
  expect(writer.lostRows["monitor_status_history"]).toBe(160_000);
  scripted.reply = () => "applied";
  open = scripted.store;
  writer.wake();
  await vi.advanceTimersByTimeAsync(10_000);
  const stored = scripted.batches.flatMap(({ statusChanges = [] }) => statusChanges);
  expect(stored.filter(({ channel }) => channel.startsWith("honest"))).toHaveLength(20);
  expect(stored.at(-1)?.tsMs).toBe(249_999);
  expect(stored).toHaveLength(250_020 - 160_000);
});

test("finish stores everything, and marks the old table last", async () => {
  const writer = writerOf();
  scripted.reply = () => "applied";
  for (let n = 0; n < 2_200; n++) writer.markBot(bot(`b${n}`));
  writer.addTransition(change(1));
  addUsage(writer, usage(1));
  writer.addSample(sample("a", 1));
  expect(await writer.finish(1_000)).toBe(0);
  expect(writer.committedRows).toMatchObject({
    monitor_bots: 2_200,
    monitor_status_history: 1,
    llm_usage: 1,
    bot_metrics: 1,
  });
  const state = scripted.batches.filter(({ bots }) => bots !== undefined);
  expect(state.map(({ markOldStatusOffline = false }) => markOldStatusOffline)).toEqual([false, false, true]);
});

test("finish gives up when its time is over, and says how much is lost", async () => {
  const writer = writerOf();
  addUsage(writer, usage(1));
  addUsage(writer, usage(2));
  const finished = writer.finish(1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await finished).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("of rows that come as columns, the one that no store would take is lost alone", async () => {
  const writer = writerOf();
  const memory = await ScriptedStore.memory();
  open = memory;
  for (let n = 0; n < 3_000; n++) addUsage(writer, n === 1_300 ? { ...usage(n), model: "" } : usage(n));
  expect(await writer.finish(5_000)).toBe(0);
  expect(writer.committedRows["llm_usage"]).toBe(2_999);
  expect(writer.lostRows["llm_usage"]).toBe(1);
  const [total] = await memory.usageTotals({ fromMs: 0, toMs: 10_000 });
  expect(total?.calls).toBe(2_999);
  expect(total?.tokensIn).toBe((2_999 * 3_000) / 2 - 1_300);
});
