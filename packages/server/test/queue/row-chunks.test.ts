import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type CustomMetric, encode, type LlmUsage } from "@kissbot/protocol";
import { LlmUsageTable, usageErrors } from "@kissbot/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RowChunks } from "../../src/queue/row-chunks.js";
import {
  metricKind,
  type RowKind,
  type RowMessages,
  type RowType,
  usageKind,
} from "../../src/queue/row-kind.js";

const name = fc.constantFrom("a", "b", "gpt-4o-mini", "a name that is longer than what V8 keeps once");
const usage: fc.Arbitrary<LlmUsage> = fc.record(
  {
    type: fc.constant("llm_usage" as const),
    channel: name,
    model: name,
    feature: name,
    provider: name,
    tokens_in: fc.maxSafeNat(),
    tokens_out: fc.nat(),
    tokens_cached: fc.nat(),
    tokens_cache_write: fc.nat(),
    error: fc.constantFrom("timeout", "other", "quota_of_the_month", "__proto__"),
    latency_ms: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    cost_usd: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    ts: fc.double({ noNaN: true, noDefaultInfinity: true }),
  },
  { requiredKeys: ["type", "channel", "model", "feature", "tokens_in", "tokens_out"] },
);
const metric: fc.Arbitrary<CustomMetric> = fc.record(
  {
    type: fc.constant("custom_metric" as const),
    channel: name,
    metric_name: name,
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    ts: fc.double({ noNaN: true, noDefaultInfinity: true }),
  },
  { requiredKeys: ["type", "channel", "metric_name", "value"] },
);
const plain: LlmUsage = {
  type: "llm_usage",
  channel: "a",
  model: "m",
  feature: "f",
  tokens_in: 1,
  tokens_out: 2,
};

/** The record of a message that came at that time. */
function recordOf(message: LlmUsage | CustomMetric, atMs: number) {
  const isBelievable =
    message.ts !== undefined && message.ts >= atMs - 604_800_000 && message.ts <= atMs + 300_000;
  const tsMs = isBelievable ? Math.trunc(message.ts as number) : atMs;
  const { channel } = message;
  if (message.type === "custom_metric")
    return { tsMs, channel, metricName: message.metric_name, value: message.value };
  return {
    tsMs,
    channel,
    model: message.model,
    feature: message.feature,
    tokensIn: message.tokens_in,
    tokensOut: message.tokens_out,
    provider: message.provider ?? null,
    tokensCached: message.tokens_cached ?? null,
    tokensCacheWrite: message.tokens_cache_write ?? null,
    costUsd: message.cost_usd ?? null,
    priceId: null,
    latencyMs: message.latency_ms ?? null,
    error: message.error === undefined ? null : message.error === "timeout" ? "timeout" : "other",
  };
}

/** Takes rows as objects. */
function taken<Type extends RowType>(chunks: RowChunks<Type>, count: number): unknown[] {
  const rows: unknown[] = [];
  while (rows.length < count) {
    chunks.takeRows(count - rows.length, (table, from, to) => {
      rows.push(...table.slice(from, to));
    });
  }
  return rows;
}

function givesEachRowOnce<Type extends RowType>(kind: RowKind<Type>, row: fc.Arbitrary<RowMessages[Type]>) {
  const step = fc.oneof(
    fc.record({ row, times: fc.constantFrom(1, 3, 1_100) }),
    fc.record({ lines: fc.array(row, { minLength: 1, maxLength: 5 }), times: fc.constantFrom(1, 400) }),
    fc.constantFrom(1, 2, 700, 1_500).map((take) => ({ take })),
    fc.constantFrom(1, 5, 1_300).map((drop) => ({ drop })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const chunks = new RowChunks(kind);
      const expected: unknown[] = [];
      for (const [at, step] of steps.entries()) {
        // Several steps in a moment: their lines may be joined.
        const atMs = 1e12 + Math.floor(at / 3);
        if ("drop" in step) {
          const count = Math.min(step.drop, expected.length);
          chunks.dropOldest(count);
          expected.splice(0, count);
        } else if ("lines" in step) {
          const text = step.lines.map((message) => encode(message)).join("");
          chunks.pushLines(text.repeat(step.times), step.lines.length * step.times, atMs);
          for (let n = 0; n < step.times; n++)
            expected.push(...step.lines.map((message) => recordOf(message, atMs)));
        } else if ("take" in step) {
          const count = Math.min(step.take, expected.length);
          expect(taken(chunks, count)).toEqual(expected.splice(0, count));
        } else {
          for (let n = 0; n < step.times; n++) {
            chunks.pushRow(step.row, atMs);
            expected.push(recordOf(step.row, atMs));
          }
        }
        expect(chunks.length).toBe(expected.length);
      }
      expect(taken(chunks, expected.length)).toEqual(expected);
      expect(chunks.length).toBe(0);
    }),
    { numRuns: 60 },
  );
}

test("gives each row once, as the record of its message, in order, however many waited", () => {
  givesEachRowOnce(usageKind, usage);
  givesEachRowOnce(metricKind, metric);
});

test("an error that is not known becomes other, and each that is known stays", () => {
  const chunks = new RowChunks(usageKind);
  const unknown = ["quota_of_the_month", "constructor", "ok", "x".repeat(64)];
  for (const error of [...usageErrors, ...unknown]) chunks.pushRow({ ...plain, error }, 1);
  const rows = taken(chunks, chunks.length) as { readonly error: string }[];
  expect(rows.map(({ error }) => error)).toEqual([...usageErrors, ...unknown.map(() => "other")]);
});

test("what a row takes is the same when it comes and when it goes, and a row can be taken back", () => {
  const chunks = new RowChunks(usageKind);
  const rows = [plain, { ...plain, provider: "openai" }, { ...plain, feature: "x".repeat(50) }];
  const came = rows.map((row) => chunks.pushRow(row, 1));
  expect(came).toEqual([3, 9, 52]);
  chunks.pushRow({ ...plain, channel: "gone" }, 1);
  chunks.dropNewest();
  expect(rows.map(() => chunks.dropOldest())).toEqual(came);
  expect(chunks.length).toBe(0);
});

test("lines take the same when they come and when they go, and give their room back", () => {
  const chunks = new RowChunks(usageKind);
  const line = encode(plain);
  let units = 0;
  for (let i = 0; i < 3_000; i++) units += chunks.pushLines(line.repeat(100), 100, 1e12 + (i >> 2));
  expect(units).toBe(line.length * 150_000);
  expect(chunks.capacity).toBe(300_000);
  units -= chunks.dropOldest(150_050);
  while (chunks.length > 0) units -= chunks.takeRows(256, () => undefined);
  expect(units).toBe(0);
  chunks.pushRow(plain, 1);
  expect(chunks.capacity).toBe(1_024);
});

test("lines that come in moments of their own share blocks: they take little more than they are long", () => {
  const chunks = new RowChunks(usageKind);
  const line = encode(plain);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20_000; i++) chunks.pushLines(line, 1, 1e12 + i);
  // Nothing that was there before can take more than it did; a block is 64 kB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000 * line.length * 1.01 + 131_072);
  const times: number[] = [];
  while (chunks.length > 0)
    chunks.takeRows(5_000, (rows, from, to) => {
      expect(to - from).toBeGreaterThan(100);
      for (let row = from; row < to; row++) times.push(rows.columns.tsMs.numberAt(row));
    });
  expect(times).toEqual(Array.from({ length: 20_000 }, (_, i) => 1e12 + i));
});

test("pieces that do not fit into what is left of a block are parted between two lines", () => {
  const chunks = new RowChunks(usageKind);
  const piece = encode({ ...plain, feature: "x".repeat(250) }).repeat(100);
  // A bit more than half of a block.
  expect(piece.length).toBeGreaterThan(33_000);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i++) chunks.pushLines(piece, 100, 1e12 + i);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * piece.length * 1.02 + 131_072);
  expect(taken(chunks, 20_000)).toEqual(
    Array.from({ length: 20_000 }, (_, i) =>
      recordOf({ ...plain, feature: "x".repeat(250) }, 1e12 + Math.floor(i / 100)),
    ),
  );
});

test("lines that are dropped as soon as they come take no block each", () => {
  const chunks = new RowChunks(metricKind);
  const line = encode({ type: "custom_metric", channel: "a", metric_name: "m", value: 1 });
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 2_000; i++) {
    chunks.pushLines(line, 1, 1e12 + i);
    chunks.dropOldest();
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(262_144);
});

test("takes room chunk by chunk, and gives back each one that is emptied", () => {
  const chunks = new RowChunks(usageKind);
  for (let i = 0; i < 100_000; i++) chunks.pushRow({ ...plain, tokens_in: i }, i);
  expect(chunks.capacity).toBe(98 * 1_024);
  let next = 0;
  while (chunks.length > 0) {
    chunks.takeRows(1_000, ({ columns }, from, to) => {
      for (let row = from; row < to; row++) if (columns.tokensIn.numberAt(row) === next) next++;
    });
    // The chunk whose rows were taken last is let go with the next call.
    expect(chunks.capacity).toBeLessThan(chunks.length + 3 * 1_024);
  }
  expect(next).toBe(100_000);
  chunks.pushRow(plain, 1);
  expect(chunks.capacity).toBe(1_024);
});

test("names without end leave nothing behind: a chunk that is used again forgets them", () => {
  const chunks = new RowChunks(usageKind);
  let seen = new LlmUsageTable(1);
  for (let i = 0; i < 20_000; i++) {
    chunks.pushRow({ ...plain, channel: `channel ${i}`, model: `model ${i}` }, i);
    chunks.takeRows(1, (rows) => {
      seen = rows;
    });
  }
  expect(seen.cells.strings.length).toBeLessThan(4_096 + 4 * 1_024);
});

test("every field of a message has its place in the record, by the name that the record declares", () => {
  const path = createRequire(import.meta.url).resolve("@kissbot/protocol/schema.json");
  const schema = JSON.parse(readFileSync(path, "utf8")) as {
    readonly $defs: Readonly<Record<string, { readonly properties: Readonly<Record<string, unknown>> }>>;
  };
  const tables = { LlmUsage: usageKind.newTable(1), CustomMetric: metricKind.newTable(1) };
  for (const [name, { record }] of Object.entries(tables)) {
    const wire = Object.keys(schema.$defs[name]?.properties ?? {}).filter((field) => field !== "type");
    // A field without one is the monitor's own.
    const own = record.list.flatMap((field) => field.wire ?? []);
    expect(own.sort()).toEqual(wire.sort());
  }
});
