import { repetitions, TemporaryFolder } from "@kissbot/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ChosenTail, type SendingChoice } from "../../src/fleet/chosen-tail.js";
import { Forwarder } from "../../src/fleet/forwarder.js";
import { RowRate } from "../../src/fleet/row-rate.js";
import { type FleetSource, fleetSources, sourceTables } from "../../src/fleet-source.js";
import { packBatch } from "../../src/packed-batch.js";
import { SourceTail } from "../../src/sqlite/read/source-tail.js";
import { Monitor, marks, numbered } from "../plain-monitor.js";
import { botRow, usageRows } from "../rows.js";
import { coveredBy, type Fate, MemoryReceiver } from "./memory-receiver.js";

/** A database, a receiver, and what sends from one to the other; time moves when it is told to. */
class Stage {
  readonly monitor: Monitor;
  readonly receiver = new MemoryReceiver();
  readonly rejected: number[] = [];
  nowMs = 0;
  forwarder: Forwarder;
  #tail: SourceTail;

  constructor(
    folder: TemporaryFolder,
    readonly rowsPerSecond = 1e9,
  ) {
    this.monitor = new Monitor(folder.file("kissbot_monitor.db"));
    this.monitor.open();
    this.#tail = new SourceTail(this.monitor.path);
    this.forwarder = this.#forwarder();
  }

  /** From now on this is sent, by a new forwarder. */
  choose(choice: SendingChoice): void {
    this.#tail.close();
    this.#tail = new ChosenTail(this.monitor.path, choice, this.nowMs);
    this.forwarder = this.#forwarder();
  }

  /** A new life of the monitor. */
  restart(): void {
    this.monitor.close();
    this.#tail.close();
    this.monitor.open();
    this.#tail = new SourceTail(this.monitor.path);
    this.forwarder = this.#forwarder();
  }

  /** One round, a minute later. Whether there is more to send. */
  async round(): Promise<boolean> {
    this.nowMs += 66_000;
    try {
      return await this.forwarder.round();
    } catch {
      this.forwarder.forget();
      return true;
    }
  }

  async drain(): Promise<void> {
    for (let i = 0; i < 10_000; i++) if (!(await this.round())) return;
    throw new Error("it does not come to an end");
  }

  marksIn(source: FleetSource): number[] {
    const { db } = this.monitor.open();
    return db
      .prepare(`SELECT ${marks[source]} FROM ${sourceTables[source]} ORDER BY 1`)
      .pluck()
      .all() as number[];
  }

  received(source: FleetSource): number[] {
    return (this.receiver.state.rows.get(source) ?? []).toSorted((a, b) => a - b);
  }

  [Symbol.dispose](): void {
    this.#tail.close();
    this.monitor.close();
  }

  #forwarder(): Forwarder {
    return new Forwarder(this.#tail, this.receiver, {
      backlogRate: new RowRate(this.rowsPerSecond, () => this.nowMs),
      now: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      onRejected: (_, id) => this.rejected.push(id),
    });
  }
}

type Step =
  | { readonly kind: "write"; readonly source: FleetSource; readonly rows: number }
  | { readonly kind: "purge"; readonly source: FleetSource; readonly share: number }
  | { readonly kind: "round"; readonly fates: readonly Fate[] }
  | { readonly kind: "restart" | "late" | "keep" };

const source = fc.constantFrom(...fleetSources);
const fate = fc.constantFrom<Fate>("answered", "answered", "unanswered", "cut", "late", "failover");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      source,
      rows: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("purge" as const), source, share: fc.constantFrom(0.3, 1) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("round" as const), fates: fc.array(fate, { maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "late" as const, "keep" as const) }),
  },
);

test("every row that is not deleted first arrives once, whatever dies, and each deleted one counts once [fleet/R2] [fleet/R3] [fleet/R6]", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 30 }),
      fc.nat({ max: 60 }),
      async (steps, bad) => {
        using folder = new TemporaryFolder("store");
        using stage = new Stage(folder);
        const { receiver } = stage;
        receiver.poison.add(bad);
        let mark = 1;
        for (const one of steps) {
          if (one.kind === "write") {
            stage.monitor.write(one.source, one.rows, mark);
            mark += one.rows;
          } else if (one.kind === "purge") stage.monitor.purge(one.source, one.share);
          else if (one.kind === "restart") stage.restart();
          else if (one.kind === "keep") receiver.keepOlder();
          else if (one.kind === "round") {
            receiver.fates = [...one.fates];
            await stage.round();
          } else for (const work of receiver.late.splice(0)) work();
        }
        receiver.fates = [];
        await stage.drain();
        for (const work of receiver.late.splice(0)) work();
        await stage.drain();
        for (const from of fleetSources) {
          const arrived = stage.received(from);
          expect(new Set(arrived).size, `${from} twice`).toBe(arrived.length);
          const there = stage.marksIn(from).filter((own) => own !== bad);
          const found = new Set(arrived);
          expect(
            there.filter((own) => !found.has(own)),
            `${from} missing`,
          ).toEqual([]);
          let [deleted, rejected] = [0, 0];
          for (const [key, cursor] of receiver.state.cursors) {
            if (!key.startsWith(`${from} `)) continue;
            deleted += cursor.deleted;
            rejected += cursor.rejected;
          }
          // What was given as ids was sent, deleted before that, or not taken.
          expect(coveredBy(receiver, from), from).toBe(arrived.length + deleted + rejected);
        }
      },
    ),
    { numRuns: repetitions({ gate: 25, long: 3_000 }) },
  );
}, 300_000);

test("what is new goes out before what is old, and the old is not let through faster than its rate [fleet/R5]", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder, 2_000);
  for (let i = 0; i < 30; i++) stage.monitor.write("usage", 1_000, 1 + 1_000 * i);
  await stage.forwarder.round();
  const [first, ...rest] = stage.receiver.log.splice(0).map((sent) => sent.marks.at(0));
  expect(first, "the newest thousand first").toBe(29_001);
  expect(rest, "then the thousand before them, and nothing of the rest").toEqual([28_001]);
  stage.monitor.write("status", 1, 7);
  stage.monitor.write("usage", 5, 90_000);
  await stage.forwarder.round();
  const { log } = stage.receiver;
  expect(log.map((sent) => [sent.source, sent.marks.at(-1)])).toEqual([
    ["status", 7],
    ["usage", 90_004],
    ["usage", 28_000],
  ]);
  // The clock stands: only a second's worth of the backlog passes, and live rows as before.
  for (let i = 0; i < 10; i++) await stage.forwarder.round();
  const passed = stage.received("usage").length;
  expect(passed).toBeLessThanOrEqual(1_005 + 3_000);
  stage.monitor.write("usage", 5, 91_000);
  await stage.forwarder.round();
  expect(stage.received("usage").at(-1)).toBe(91_004);
  expect(stage.forwarder.waiting()?.usage).toBe(30_010 - stage.received("usage").length);
  await stage.drain();
  expect(stage.forwarder.waiting()).toEqual({ status: 0, usage: 0, custom: 0, metrics: 0 });
  expect(stage.received("usage").length).toBe(30_010);
});

test("one statement passes all rows that were deleted before they were sent", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  for (let i = 0; i < 20; i++) stage.monitor.write("custom", 1_000, 1 + 1_000 * i);
  stage.monitor.purge("custom", 0.9);
  await stage.drain();
  expect(stage.received("custom").length).toBe(2_000);
  expect(stage.forwarder.counts).toMatchObject({ rows: 2_000, deleted: 18_000, rejected: 0 });
  expect(stage.forwarder.counts.statements).toBeLessThan(5);
});

test("a row that the receiver does not take is found, passed over and counted by its source", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  stage.monitor.write("usage", 2_500, 1);
  for (const bad of [1, 1_234, 2_500]) stage.receiver.poison.add(bad);
  await stage.drain();
  expect(stage.received("usage").length).toBe(2_497);
  expect(stage.rejected.toSorted((a, b) => a - b)).toEqual([1, 1_234, 2_500]);
  stage.monitor.write("custom", 20, 3_000);
  stage.monitor.purge("custom", 0.5);
  await stage.drain();
  expect(stage.forwarder.counts).toMatchObject({
    rows: 2_507,
    deleted: 10,
    rejected: 3,
    bySource: {
      status: { rows: 0, deleted: 0, rejected: 0 },
      usage: { rows: 2_497, deleted: 0, rejected: 3 },
      custom: { rows: 10, deleted: 10, rejected: 0 },
    },
  });
});

test("a row that the receiver does not take holds up neither the backlog nor the rows of now beside it", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  stage.monitor.write("usage", 1, 1);
  await stage.drain();
  stage.monitor.write("usage", 20_000, 2);
  stage.receiver.poison.add(5_000);
  for (let round = 0; round < 80; round++) {
    stage.monitor.write("usage", 2, 30_000 + 2 * round);
    await stage.forwarder.round();
  }
  expect(stage.rejected).toEqual([5_000]);
  expect(stage.received("usage").length).toBe(1 + 20_000 + 160 - 1);
});

test("one bot with a clock that is late hides no rows of the others that are young", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  const dayMs = 24 * 3_600_000;
  stage.nowMs = Date.UTC(2026, 10, 27);
  let mark = 1;
  const write = (tsMs: number) => stage.monitor.write("usage", 1, mark++, tsMs);
  for (let i = 0; i < 100; i++) write(stage.nowMs - 3 * dayMs);
  for (let i = 0; i < 600; i++) write(stage.nowMs - (i % 5 === 0 ? 3 : 0) * dayMs);
  stage.choose({ hasMetrics: true, mostAgeMs: dayMs });
  await stage.drain();
  // The very first of them is one of the late clock.
  expect(stage.received("usage").length).toBe(599);
});

test("what is older than chosen stays here, neither waits nor is lost, however the ids have gaps", async () => {
  const hourMs = 3_600_000;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          rows: fc.integer({ min: 1, max: 9 }),
          gap: fc.boolean(),
          hours: fc.integer({ min: 0, max: 4 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      async (writes, mostAgeHours, isReopened) => {
        using folder = new TemporaryFolder("store");
        using stage = new Stage(folder);
        stage.nowMs = Date.UTC(2026, 10, 27);
        // Half an hour from each bound.
        let tsMs = stage.nowMs - 20 * hourMs + hourMs / 2;
        const young: number[] = [];
        let mark = 1;
        for (const { rows, gap, hours } of writes) {
          stage.monitor.write("usage", rows, mark, tsMs);
          if (tsMs >= stage.nowMs - mostAgeHours * hourMs && !gap)
            for (let i = 0; i < rows; i++) young.push(mark + i);
          const { db } = stage.monitor.open();
          if (gap)
            db.prepare("DELETE FROM llm_usage WHERE tokens_in BETWEEN ? AND ?").run(mark, mark + rows - 1);
          if (isReopened) stage.monitor.close();
          mark += rows;
          tsMs += hours * hourMs;
        }
        stage.monitor.write("metrics", 5, 1, stage.nowMs);
        stage.choose({ hasMetrics: false, mostAgeMs: mostAgeHours * hourMs });
        await stage.drain();
        expect(stage.received("usage")).toEqual(young);
        expect(stage.received("metrics")).toEqual([]);
        const waiting = stage.forwarder.waiting();
        if (waiting !== null) expect(Object.values(waiting)).toEqual([0, 0, 0, 0]);
        stage.monitor.write("usage", 2, 10_000, stage.nowMs);
        await stage.drain();
        expect(stage.received("usage")).toEqual([...young, 10_000, 10_001]);
      },
    ),
    { numRuns: repetitions({ gate: 10, long: 2_000 }) },
  );
}, 300_000);

test("bots are sent when they change, all of them after a new connection, and those that are gone go", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  const { receiver } = stage;
  const write = (channel: string, status: "online" | "dead") =>
    stage.monitor.open().commitBatches([packBatch(numbered({ bots: [botRow({ channel, status })] }))]);
  const sentBots = () => receiver.log.filter(({ source: from }) => from === "bots").length;
  write("a", "online");
  write("b", "online");
  await stage.drain();
  expect([...receiver.state.bots]).toEqual([
    ["a", "online"],
    ["b", "online"],
  ]);
  await stage.drain();
  expect(sentBots(), "nothing changed").toBe(1);
  write("b", "dead");
  stage.monitor.open().commitBatches([packBatch(numbered({ forgotten: ["a"] }))]);
  await stage.drain();
  expect([...receiver.state.bots]).toEqual([["b", "dead"]]);
  // A statement of a dead connection that arrives later must not bring the old status back.
  write("b", "online");
  receiver.fates = ["late"];
  await stage.round();
  write("b", "dead");
  await stage.drain();
  for (const work of receiver.late.splice(0)) work();
  expect([...receiver.state.bots]).toEqual([["b", "dead"]]);
  receiver.state.bots.set("stranger", "online");
  receiver.fates = ["cut"];
  write("b", "online");
  await stage.round();
  await stage.drain();
  expect([...receiver.state.bots]).toEqual([["b", "online"]]);
});

test("samples wait for the end of the minute, or until there are many", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  await stage.forwarder.round();
  stage.monitor.write("metrics", 3, 1);
  await stage.forwarder.round();
  expect(stage.received("metrics")).toEqual([]);
  stage.nowMs = 66_000;
  await stage.forwarder.round();
  expect(stage.received("metrics")).toEqual([1, 2, 3]);
  await stage.forwarder.round();
  for (let i = 0; i < 5; i++) stage.monitor.write("metrics", 1_000, 4 + 1_000 * i);
  while (await stage.forwarder.round());
  expect(stage.received("metrics").length).toBe(5_003);
});

test("the cursors of a file that was opened often are read in one question for each source", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  const openings = 40;
  for (let i = 0; i < openings; i++) {
    stage.monitor.write("usage", 1, i + 1);
    stage.monitor.write("custom", 1, i + 1);
    stage.restart();
  }
  await stage.drain();
  expect(stage.received("usage")).toHaveLength(openings);
  let questions = 0;
  stage.receiver.onQuestion = () => {
    questions += 1;
  };
  stage.forwarder.forget();
  expect(await stage.round()).toBe(false);
  expect(questions).toBeLessThanOrEqual(fleetSources.length);
  stage.monitor.write("usage", 1, openings + 1);
  await stage.drain();
  expect(stage.received("usage")).toHaveLength(openings + 1);
});

test("a refusal is told, and nothing is lost by it", async () => {
  using folder = new TemporaryFolder("store");
  using stage = new Stage(folder);
  stage.receiver.isRefusing = true;
  stage.monitor.open().commitBatches([packBatch(numbered({ llmUsage: usageRows(10) }))]);
  const error = await stage.forwarder.round().catch((reason: unknown) => reason);
  expect(stage.receiver.failureOf(error)).toBe("hopeless");
  stage.forwarder.forget();
  stage.receiver.isRefusing = false;
  await stage.drain();
  expect(stage.received("usage").length).toBe(10);
});
