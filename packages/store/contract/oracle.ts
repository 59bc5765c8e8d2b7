import assert from "node:assert/strict";
import type { Batch } from "../src/batch.js";
import { botStatuses } from "../src/bot-status.js";
import type { StoreError } from "../src/error.js";
import { MemoryStore } from "../src/memory/memory-store.js";
import type { FieldKind, RecordDeclaration } from "../src/record.js";
import { recordKinds, records } from "../src/records.js";
import type { Store } from "../src/store.js";
import { settingsOf } from "../src/store-options.js";
import { type ContractCase, type OpenStoreUnderTest, startMs } from "./contract-case.js";

type FastCheck = typeof import("fast-check");

const day = 86_400_000;

/** What happens to a store in a generated history. */
type Step =
  | { readonly kind: "write"; readonly batch: Batch }
  | { readonly kind: "maintain"; readonly afterMs: number }
  | { readonly kind: "reopen" };

/**
 * fast-check is an optional peer: who does not run the suite does not install it, and who does
 * learns its name from the error.
 */
async function fastCheck(): Promise<FastCheck> {
  return await import("fast-check");
}

/**
 * Histories of few names over few weeks, so that groups, hours and batch ids collide. Numbers are
 * quarters: their sums are exact in any order, and an adapter that adds them in another one answers
 * the same.
 */
function historyOf(fc: FastCheck, durable: boolean) {
  const rows = Object.fromEntries(
    // Repricings name calls by numbers that each store gives for itself.
    recordKinds
      .filter((kind) => kind !== "repricings")
      .map((kind) => [kind, fc.array(rowOf(fc, records[kind]), { maxLength: 25 })]),
  );
  const batch = fc.record({
    producer: fc.constantFrom("p", "q"),
    epoch: fc.nat({ max: 1 }),
    seq: fc.nat({ max: 6 }),
    markOldStatusOffline: fc.boolean(),
    ...rows,
  }) as import("fast-check").Arbitrary<Batch>;
  const write = batch.map((one): Step => ({ kind: "write", batch: one }));
  const maintain = fc.nat({ max: 3 * day }).map((afterMs): Step => ({ kind: "maintain", afterMs }));
  const reopen = fc.constant<Step>({ kind: "reopen" });
  const step = fc.oneof(
    { weight: 6, arbitrary: write },
    { weight: 2, arbitrary: maintain },
    ...(durable ? [{ weight: 1, arbitrary: reopen }] : []),
  );
  return fc.array(step, { minLength: 1, maxLength: 12 });
}

type AnyValue = import("fast-check").Arbitrary<unknown>;

/** A row of any record, as its declaration allows it. */
function rowOf(fc: FastCheck, { list }: RecordDeclaration<unknown>): AnyValue {
  const channel = fc.constantFrom("a", "b", "ä🤖", "'");
  const quarter = fc.integer({ min: 0, max: 4_000 }).map((n) => n / 4);
  const kinds: Record<FieldKind, AnyValue> = {
    text: fc.constantFrom("m", "n", "{}"),
    status: fc.constantFrom(...botStatuses),
    count: fc.nat(),
    amount: quarter,
    signed: fc.integer().map((n) => n / 4),
    fraction: fc.constantFrom(0, 0.25, 0.5, 1),
    time: fc.oneof(
      fc.integer({ min: startMs - 12 * day, max: startMs }),
      fc.integer({ min: startMs - 7_200_000, max: startMs }),
      fc.constantFrom(startMs, startMs - 3_600_000, startMs - 3_600_001, startMs - 60_000, startMs - 7 * day),
    ),
    flag: fc.boolean(),
  };
  const fields = list.map(({ name, kind, nullable }): [string, AnyValue] => {
    const value = name === "channel" ? channel : kinds[kind];
    return [name, nullable ? fc.option(value, { nil: null }) : value];
  });
  return fc.record(Object.fromEntries(fields));
}

/** Everything that can be asked, in periods that begin and end in the middle of things. */
async function answersOf(store: Store): Promise<unknown> {
  const periods = [
    { fromMs: startMs - 20 * day, toMs: startMs + 1 },
    { fromMs: startMs - 2 * day + 12_345, toMs: startMs - 54_321 },
    { fromMs: startMs - 3_600_000, toMs: startMs },
    { fromMs: startMs - 90_000, toMs: startMs + 1 },
  ];
  const answers: unknown[] = [await store.fleet()];
  const history = await store.statusHistory({ limit: 10_000 });
  answers.push(history.map(({ id: _id, ...row }) => row));
  for (const period of periods) {
    for (const points of [3, 60, 1_000]) {
      answers.push(await store.metricSeries({ ...period, points }));
      answers.push(await store.metricSeries({ ...period, points, channels: ["a"] }));
      answers.push(await store.fleetSeries({ ...period, points }));
      answers.push(await store.customSeries({ ...period, points, channel: "a", metricName: "m" }));
    }
    answers.push(await store.metricNames({ channel: "a" }));
    answers.push(await store.usageTotals(period));
    answers.push(await store.usageTotals({ ...period, groupBy: ["channel", "hour"] }));
    answers.push(
      await store.usageTotals({ ...period, groupBy: ["model", "feature", "day"], orderBy: "calls", top: 3 }),
    );
    answers.push(await store.usageTotals({ ...period, groupBy: ["day", "channel"], offsetMinutes: -180 }));
    answers.push(await answerOrCode(store.usageTotals({ ...period, groupBy: ["day"], offsetMinutes: 330 })));
    answers.push(
      await store.usageTotals({
        ...period,
        groupBy: ["feature"],
        channel: "b",
        model: "m",
        orderBy: "costUsd",
      }),
    );
    answers.push(await store.channelSummary(period));
    answers.push(await store.channelSummary({ ...period, channel: "ä🤖" }));
  }
  answers.push(await store.openAlerts(), await store.alertHistory({ limit: 10_000 }));
  answers.push(await store.alertHistory({ subject: "m", closedFromMs: startMs - 2 * day, limit: 3 }));
  answers.push(await store.notices({ limit: 1_000 }), await store.notices({ receiver: "n", limit: 2 }));
  const prices = await store.prices();
  answers.push(prices.map(({ priceId: _id, ...price }) => price));
  answers.push(await store.silences(), [...(await store.facts())]);
  return answers;
}

/** Days of part of an hour are refused where rows of the period may be deleted. */
async function answerOrCode(asked: Promise<unknown>): Promise<unknown> {
  return await asked.catch((error: Partial<StoreError>) => error.code);
}

/**
 * To thirteen digits: averages of thirds, summed over bots, differ in the last one with the order
 * of adding.
 */
function rounded(answers: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answers, (_key, value) =>
      typeof value === "number" ? Number(value.toPrecision(13)) : value,
    ),
  );
}

/**
 * Replays one history on the adapter and on the oracle; every outcome, report and answer must be
 * equal.
 */
async function compare(open: OpenStoreUnderTest, steps: readonly Step[]): Promise<void> {
  const clock = { nowMs: startMs };
  const retention = {
    minuteDays: 9,
    hourDays: 11,
    usageDays: 8,
    customMetricsDays: 10,
    statusHistoryDays: 10,
  };
  const request = { now: () => clock.nowMs, retention };
  const oracle = new MemoryStore(settingsOf(request));
  const opened = await open(request);
  let { store } = opened;
  try {
    for (const step of steps) {
      if (step.kind === "write") {
        assert.equal(await store.write(step.batch), await oracle.write(step.batch), "the outcome of a write");
      } else if (step.kind === "maintain") {
        clock.nowMs += step.afterMs;
        const [own, expected] = [await store.maintain(), await oracle.maintain()];
        assert.deepEqual(own.deleted, expected.deleted, "what maintenance deleted");
      } else {
        await store.close();
        assert.ok(opened.reopen, "a durable adapter passes reopen");
        store = await opened.reopen();
      }
    }
    assert.deepEqual(rounded(await answersOf(store)), rounded(await answersOf(oracle)));
  } finally {
    await store.close();
    await opened.dispose();
  }
}

/**
 * The property: an adapter and the plainest possible one cannot be told apart. A failure prints the
 * smallest history that shows it, and its seed.
 */
export function oracleCases(durable: boolean, runs: number): ContractCase[] {
  return [
    {
      name: "oracle: any history leaves the same answers as in the memory store",
      run: async (open) => {
        const fc = await fastCheck();
        await fc.assert(
          fc.asyncProperty(historyOf(fc, durable), (steps) => compare(open, steps)),
          // A failure is shrunk for so long at most: a runner that gave up earlier would print
          // nothing of it.
          { numRuns: runs, interruptAfterTimeLimit: 150_000, markInterruptAsFailure: true },
        );
      },
    },
  ];
}
