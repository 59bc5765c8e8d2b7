import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { repetitions, TemporaryFolder } from "@kissbot/testkit";
import type { Database } from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FleetSource, fleetSources, sourceTables } from "../src/fleet-source.js";
import { packBatch } from "../src/packed-batch.js";
import { openReader, openWriter } from "../src/sqlite/file/connection.js";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { migrations } from "../src/sqlite/file/schema.js";
import { readOpenings } from "../src/sqlite/read/openings.js";
import { OpenFile } from "../src/sqlite/write/open-file.js";
import { damageMiddleOf } from "./damaged-file.js";
import { Monitor, marks, numbered } from "./plain-monitor.js";
import { batchOf, botRow, everything, usageRows } from "./rows.js";

/** The mark of each row by the name under which a receiver would know it. */
function namesOf(monitor: Monitor): Map<string, number> {
  monitor.open();
  return namesIn(monitor.path);
}

function namesIn(path: string): Map<string, number> {
  const db = openReader(path);
  const names = new Map<string, number>();
  const host = hostIdOf(db);
  for (const source of fleetSources) {
    const rows = db.prepare(`SELECT id, ${marks[source]} FROM ${sourceTables[source]}`).raw().all();
    const openings = readOpenings(db, source);
    for (const [id, mark] of rows as [number, number][]) {
      const own = openings.filter(({ first, last }) => first <= id && id <= last);
      expect(own.length, `${source} ${id}`).toBe(1);
      names.set(`${host} ${source} ${own[0]?.opening} ${id}`, mark);
    }
  }
  db.close();
  return names;
}

function hostIdOf(db: Database): string {
  return db.prepare("SELECT host_id FROM monitor_identity").pluck().get() as string;
}

function read<Value>(path: string, ask: (db: Database) => Value): Value {
  const db = openReader(path);
  try {
    return ask(db);
  } finally {
    db.close();
  }
}

const hostIdIn = (path: string) => read(path, hostIdOf);

type Step =
  | { readonly kind: "write"; readonly source: FleetSource; readonly rows: number }
  | { readonly kind: "purge"; readonly source: FleetSource; readonly share: number }
  | { readonly kind: "reopen" | "back up" | "restore" | "copy" | "lose" };

const source = fc.constantFrom(...fleetSources);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      source,
      rows: fc.integer({ min: 1, max: 25 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("purge" as const), source, share: fc.constantFrom(0.5, 1) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "reopen" as const,
        "back up" as const,
        "restore" as const,
        "copy" as const,
        "lose" as const,
      ),
    }),
  },
);

describe("the name of a row", () => {
  test("is never another row's, whatever is restored, copied, lost or deleted [fleet/T10]", () => {
    const history = fc.array(fc.tuple(fc.nat({ max: 2 }), step), { minLength: 5, maxLength: 25 });
    fc.assert(
      fc.property(history, (steps) => {
        using folder = new TemporaryFolder("store");
        const monitors = [new Monitor(folder.file("0.db"))];
        const backup = folder.file("backup.db");
        const markOf = new Map<string, number>();
        const nameOf = new Map<number, string>();
        let mark = 1;
        const look = () => {
          for (const monitor of monitors) {
            for (const [name, own] of namesOf(monitor)) {
              expect(markOf.get(name) ?? own, name).toBe(own);
              expect(nameOf.get(own) ?? name, `row ${own}`).toBe(name);
              markOf.set(name, own);
              nameOf.set(own, name);
            }
          }
        };
        for (const [which, one] of steps) {
          const monitor = monitors[which % monitors.length] as Monitor;
          if (one.kind === "write") {
            monitor.write(one.source, one.rows, mark);
            mark += one.rows;
          } else if (one.kind === "purge") monitor.purge(one.source, one.share);
          else {
            monitor.close();
            if (one.kind === "back up" && existsSync(monitor.path)) copyFileSync(monitor.path, backup);
            if (one.kind === "restore" && existsSync(backup)) copyFileSync(backup, monitor.path);
            if (one.kind === "lose") rmSync(monitor.path, { force: true });
            if (one.kind === "copy" && existsSync(monitor.path) && monitors.length < 3) {
              monitors.push(new Monitor(folder.file(`${monitors.length}.db`)));
              copyFileSync(monitor.path, (monitors.at(-1) as Monitor).path);
            }
          }
          look();
        }
        for (const monitor of monitors) monitor.close();
      }),
      { numRuns: repetitions({ gate: 15, long: 1_000 }) },
    );
  }, 300_000);

  test("has an id that no row had before, also after all were deleted and the file was opened again [fleet/T10]", () => {
    const round = fc.record({
      source,
      rows: fc.integer({ min: 1, max: 45 }),
      share: fc.constantFrom(0, 0.5, 1),
      isReopened: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(round, { minLength: 2, maxLength: 8 }), (rounds) => {
        using folder = new TemporaryFolder("store");
        const monitor = new Monitor(folder.file("kissbot_monitor.db"));
        const highest = { status: 0, usage: 0, custom: 0, metrics: 0 };
        for (const { source: from, rows, share, isReopened } of rounds) {
          monitor.write(from, rows, 1);
          const [lowest, newest] = read(monitor.path, (db) =>
            db
              .prepare(`SELECT min(id), max(id) FROM ${sourceTables[from]} WHERE id > ?`)
              .raw()
              .get(highest[from]),
          ) as [number, number];
          expect([lowest, newest]).toEqual([highest[from] + 1, highest[from] + rows]);
          highest[from] = newest;
          monitor.purge(from, share);
          if (isReopened) monitor.close();
        }
        monitor.close();
      }),
      { numRuns: repetitions({ gate: 15, long: 1_000 }) },
    );
  }, 300_000);
});

describe("the identity of a host", () => {
  test("stays over restarts, and stands beside the database for its owner alone [fleet/R4]", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    for (let i = 0; i < 3; i++) await (await openStore(path)).close();
    const hostId = hostIdIn(path);
    expect(hostId).toMatch(/^[\da-f]{8}-[\da-f]{4}-4/);
    const file = JSON.parse(readFileSync(`${path}.host`, "utf8"));
    expect(file).toEqual({ host_id: hostId, made_at_ms: expect.any(Number) });
    expect(statSync(`${path}.host`).mode & 0o777).toBe(0o600);
    const openings = read(path, (db) => db.prepare("SELECT count(*) FROM monitor_openings").pluck().get());
    expect(openings, "those under which nothing was written are gone").toBe(fleetSources.length);
  });

  test("stays when the file is corrupt and set aside, under a new opening [fleet/T10]", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const first = await openStore(path);
    await first.write(batchOf({ bots: [botRow()], llmUsage: usageRows(2_000) }));
    await first.close();
    const hostId = hostIdIn(path);
    const before = namesIn(path);
    damageMiddleOf(path, "llm_usage");
    const second = await openStore(path);
    await second.write(batchOf({ llmUsage: usageRows(10) }));
    await second.close();
    expect(hostIdIn(path)).toBe(hostId);
    const after = namesIn(path);
    expect(after.size).toBe(10);
    for (const name of after.keys()) expect(before.has(name)).toBe(false);
  });

  test("is that of the data: a database that was put here keeps its own, also against the file beside it", async () => {
    using folder = new TemporaryFolder("store");
    const [here, there] = [folder.file("here.db"), folder.file("there.db")];
    for (const path of [here, there]) await (await openStore(path)).close();
    const hostId = hostIdIn(there);
    expect(hostIdIn(here)).not.toBe(hostId);
    copyFileSync(there, here);
    await (await openStore(here)).close();
    expect(hostIdIn(here)).toBe(hostId);
    expect(JSON.parse(readFileSync(`${here}.host`, "utf8")).host_id).toBe(hostId);
  });

  test.each([
    ["nonsense", (path: string) => writeFileSync(path, "{")],
    ["another kind of value", (path: string) => writeFileSync(path, '{"host_id":7,"made_at_ms":1}')],
    ["a folder", (path: string) => mkdirSync(path)],
  ])("is new where the file beside the database is %s, and nothing fails", async (_, spoil) => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    spoil(`${path}.host`);
    const store = await openStore(path);
    expect(await store.write(batchOf({ llmUsage: usageRows(1) }))).toBe("applied");
    await store.close();
    expect(hostIdIn(path)).toMatch(/^[\da-f-]{36}$/);
    if (statSync(`${path}.host`).isFile())
      expect(JSON.parse(readFileSync(`${path}.host`, "utf8")).host_id).toBe(hostIdIn(path));
  });
});

describe("a file of an older version", () => {
  function oldFile(path: string, rows: number): void {
    const db = new (loadDriver())(path);
    db.pragma("journal_mode = WAL");
    migrate(db, path, migrations.slice(0, 11));
    db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out)
      SELECT '2026-05-20T12:00:00.000000+00:00', 'a', 'm', 'f', i, 1 FROM n`);
    db.close();
  }

  test("gets names for the rows that it has, and the same again from a backup of that time [fleet/R4]", () => {
    using folder = new TemporaryFolder("store");
    const monitor = new Monitor(folder.file("kissbot_monitor.db"));
    const backup = folder.file("backup.db");
    oldFile(monitor.path, 50);
    copyFileSync(monitor.path, backup);
    monitor.write("usage", 10, 1_000);
    const before = namesOf(monitor);
    expect(before.size).toBe(60);
    monitor.close();
    copyFileSync(backup, monitor.path);
    monitor.write("usage", 10, 2_000);
    const after = namesOf(monitor);
    expect(after.size).toBe(60);
    let same = 0;
    for (const [name, mark] of after) {
      if (!before.has(name)) continue;
      same += 1;
      expect(before.get(name)).toBe(mark);
    }
    expect(same).toBe(50);
    monitor.close();
  });
});

test("an opening that the disk has no room for is made up for by the first batch [fleet/R4]", () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const db = openWriter(path);
  migrate(db, path);
  const other = openWriter(path);
  other.exec("BEGIN IMMEDIATE");
  const file = new OpenFile(db, path, 8 * 1024 * 1024);
  other.exec("ROLLBACK");
  other.close();
  expect(read(path, (reader) => reader.prepare("SELECT * FROM monitor_openings").all())).toEqual([]);
  expect(file.commitBatches([packBatch(numbered({ llmUsage: usageRows(3) }))])).toEqual(["applied"]);
  file.close();
  expect(namesIn(path).size).toBe(3);
  expect(existsSync(`${path}.host`)).toBe(true);
});

test("of more than a thousand openings those are forgotten that have no row left, and no other", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  const db = new (loadDriver())(path);
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
    INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out)
    SELECT '2026-05-20T12:00:00.000000+00:00', 'a', 'm', 'f', i, 1 FROM n;
    WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
    INSERT INTO monitor_openings (opening, source, from_id, opened_at_ms) SELECT i, 'usage', i, 1 FROM n;
    DELETE FROM llm_usage WHERE id BETWEEN 100 AND 299`);
  db.close();
  const store = await openStore(path);
  expect((await store.usageTotals(everything))[0]?.calls).toBe(1_300);
  await store.close();
  expect(namesIn(path).size).toBe(1_300);
  const kept = read(path, (reader) => readOpenings(reader, "usage")).map(({ opening }) => opening);
  expect(kept.length).toBe(1_300);
  expect(kept.filter((opening) => opening >= 100 && opening < 300)).toEqual([]);
});
