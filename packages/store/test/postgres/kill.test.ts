import { fileURLToPath } from "node:url";
import { openStore, type Store } from "@kissbot/store";
import { Child, CuttingProxy, PostgresServer, repetitions, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parsePostgresUrl } from "../../src/postgres/postgres-url.js";
import { numberedBatch } from "./numbered-batch.mjs";
import { Schemas } from "./schemas.js";

const writer = fileURLToPath(new URL("numbered-writer.mjs", import.meta.url));
const times = repetitions({ gate: 10, long: 100 });
const period = { fromMs: Date.UTC(2026, 4, 20), toMs: Date.UTC(2026, 5, 20) };

/**
 * Rows and sums of every kind, as a store without a database has them after batches 1 to `last`.
 */
async function expectExact(url: string, last: number): Promise<void> {
  await using store = await openStore(url);
  await using oracle = await openStore("memory:");
  for (let seq = 1; seq <= last; seq++) await oracle.write(numberedBatch(seq));
  const answersOf = async (one: Store) => ({
    rows: (await one.usagePage({ limit: 100_000 })).rows.map(({ id: _id, ...row }) => row),
    hours: await one.usageTotals({ ...period, groupBy: ["channel", "model", "hour"] }),
    edges: await one.usageTotals({
      fromMs: period.fromMs + 1,
      toMs: Date.UTC(2026, 4, 20, 12, 30, 1),
      groupBy: ["channel"],
    }),
    minutes: await one.metricSeries({
      fromMs: Date.UTC(2026, 4, 20, 12),
      toMs: Date.UTC(2026, 4, 20, 18),
      points: 360,
    }),
    summary: await one.channelSummary(period),
    changes: (await one.statusHistory({ limit: 10_000 })).map(({ id: _id, ...row }) => row),
    names: await one.metricNames({ channel: "bot 1" }),
  });
  const [own, expected] = [await answersOf(store), await answersOf(oracle)];
  // Rows of several connections may have their ids in another order.
  const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(sorted(own.rows)).toEqual(sorted(expected.rows));
  expect(sorted(own.changes)).toEqual(sorted(expected.changes));
  expect({ ...own, rows: 0, changes: 0 }).toEqual({ ...expected, rows: 0, changes: 0 });
}

describe.skipIf(PostgresServer.missing("newest") !== null)("every row is stored once", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  test(`when the server is killed ${times} times [fleet/T4] [fleet/R2]`, async () => {
    const url = schemas.make();
    await using store = await openStore(url);
    let seq = 0;
    let kills = 0;
    let isOver = false;
    const killing = (async () => {
      for (; kills < times; kills++) {
        const from = seq;
        await until("batches are stored between two kills", () => seq > from + 3 + ((kills * 7) % 11));
        await schemas.server.kill();
        await schemas.server.resume();
      }
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(await store.write(numberedBatch(seq + 1))).toBe("applied");
      seq++;
    }
    await killing;
    expect(kills).toBe(times);
    await expectExact(url, seq);
  });

  test(`when the process that writes is killed ${times} times [fleet/T4] [fleet/R2]`, async () => {
    const url = schemas.make();
    let stored = 0;
    for (let i = 0; i < times; i++) {
      await using child = Child.node([writer, url, `${stored + 1}`, "100000"]);
      const wanted = 2 + ((i * 7) % 5);
      await until("some batches are stored", () => child.events<number>().length >= wanted);
      await child.kill();
      stored = child.events<number>().at(-1) ?? stored;
    }
    // The batch that was on its way at the last kill, and one more.
    const last = Child.node([writer, url, `${stored + 1}`, `${stored + 2}`]);
    expect((await last.ends()).code).toBe(0);
    await expectExact(url, stored + 2);
  });

  test.each(["before", "after"] as const)(
    `when the connection is cut ${times} times %s the server has answered [fleet/T4] [fleet/R2]`,
    async (cut) => {
      await using proxy = await CuttingProxy.start(schemas.server.port);
      const direct = schemas.make();
      await using store = await openStore(schemas.byTcp([proxy.port], parsePostgresUrl(direct).schema));
      let seq = 0;
      for (let i = 0; i < times; i++) {
        expect(await store.write(numberedBatch(++seq))).toBe("applied");
        proxy.cutNext(cut);
        const outcome = await store.write(numberedBatch(++seq));
        expect(outcome).toBe("applied");
        expect(await store.write(numberedBatch(seq))).toBe("duplicate");
      }
      expect(proxy.cuts).toBe(times);
      await expectExact(direct, seq);
    },
  );
});
