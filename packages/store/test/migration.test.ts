import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/driver.js";
import { migrate } from "../src/sqlite/migration.js";
import { type Migration, migrations } from "../src/sqlite/schema.js";
import { batchOf, everything, usageRows } from "./rows.js";

const later = (additive: boolean): Migration => ({
  ...{ version: 1_000, name: "from a later version", additive, needs: "9.8.7" },
  sql: "CREATE TABLE monitor_later (a)",
});

async function migratedFile(folder: TemporaryFolder): Promise<string> {
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  return path;
}

test("an older version opens a file whose newer steps are only additive", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  expect(migrate(db, path, [...migrations, later(true)])).toEqual([1_000]);
  expect(migrate(db, path, [...migrations, later(true)]), "once").toEqual([]);
  db.close();
  await using store = await openStore(path);
  expect(await store.write(batchOf({ llmUsage: usageRows(1) }))).toBe("applied");
  expect((await store.usageTotals(everything))[0]?.calls).toBe(1);
});

test("a step that is more than additive is refused, naming the version that knows it", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  migrate(db, path, [...migrations, later(false)]);
  db.close();
  await expect(openStore(path)).rejects.toMatchObject({
    code: "newer_file",
    message: expect.stringContaining("9.8.7"),
  });
});

test("a step that was applied with another text is refused", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_migrations SET checksum = 'other'");
  db.close();
  await expect(openStore(path)).rejects.toMatchObject({ code: "migration_mismatch" });
});

test("a step that fails leaves the file as it was", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  const tables = () => db.prepare("SELECT name FROM sqlite_schema ORDER BY name").pluck().all();
  const before = tables();
  const broken = { ...later(true), version: 1_001, sql: "CREATE TABLE half (a); CREATE TABLE half (a)" };
  expect(() => migrate(db, path, [...migrations, later(true), broken])).toThrow();
  expect(tables()).toEqual(before);
  expect(db.prepare("SELECT count(*) FROM monitor_migrations").pluck().get()).toBe(migrations.length);
  db.close();
});
