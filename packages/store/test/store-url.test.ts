import { resolve } from "node:path";
import { openStore, storeErrorCodes } from "@kissbot/store";
import { expect, test } from "vitest";
import { assertSqliteVersion } from "../src/sqlite/file/sqlite-version.js";
import { parseStoreUrl } from "../src/store-url.js";

test.each([
  ["kissbot_monitor.db", resolve("kissbot_monitor.db")],
  ["sqlite:kissbot_monitor.db", resolve("kissbot_monitor.db")],
  ["SQLite:/var/lib/monitor.db", "/var/lib/monitor.db"],
  ["sqlite:///var/lib/monitor.db", "/var/lib/monitor.db"],
  ["./memory:", resolve("./memory:")],
  ["dir/a:b.db", resolve("dir/a:b.db")],
])("%s is the file %s", (url, path) => {
  expect(parseStoreUrl(url)).toEqual({ scheme: "sqlite", path });
});

test.each(["mysql://host/db", "redis:", "memory:x", "sqlite:", "", "sqlite::memory:", "a\0b"])(
  "%j is refused, and the answer names what there is",
  async (url) => {
    await expect(openStore(url)).rejects.toMatchObject({
      name: "StoreError",
      code: "unknown_scheme",
      message: expect.stringContaining("memory:"),
    });
  },
);

test.each(["postgres://host/db", "postgresql:x", "POSTGRES:"])(
  "%s is no whole URL of PostgreSQL",
  async (url) => {
    await expect(openStore(url)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("postgres://"),
    });
  },
);

test.each([
  { retention: { metricDays: 1 } },
  { retention: { metricsDays: 0 } },
  { maxWalBytes: Number.NaN },
  { now: 5 },
  { readonly: true },
])("the option %j is refused by its name", async (options) => {
  await expect(openStore("memory:", options as never)).rejects.toMatchObject({ code: "invalid_option" });
});

test.each(["3.51.2", "3.50.9", "2.99.99", "3.51", "nonsense", ""])(
  "SQLite %j is too old, and the needed one is named",
  (version) => {
    expect(() => assertSqliteVersion(version)).toThrow(expect.objectContaining({ code: "sqlite_too_old" }));
    expect(() => assertSqliteVersion(version)).toThrow("3.51.3");
  },
);

test.each(["3.51.3", "3.51.10", "3.52.0", "4.0.0"])("SQLite %s will do", (version) => {
  expect(() => assertSqliteVersion(version)).not.toThrow();
});

test("the codes are a list without repetition", () => {
  expect(new Set(storeErrorCodes).size).toBe(storeErrorCodes.length);
});
