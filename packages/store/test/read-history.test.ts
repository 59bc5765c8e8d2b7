import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { ReadConnection } from "../src/sqlite/read/read-connection.js";
import { readHistory } from "../src/sqlite/read/read-history.js";
import { planHistory } from "../src/status-change.js";

const folder = new TemporaryFolder("store");
afterAll(() => folder[Symbol.dispose]());

test.each<[string, Parameters<typeof planHistory>[0]]>([
  ["of all bots", {}],
  ["of one bot", { channel: "a" }],
  ["a page further", { beforeId: 1_000 }],
  ["to a status", { to: ["dead"] }],
  ["that came since", { afterId: 5 }],
])("the newest changes %s are read by their ids, and nothing is sorted", async (_, query) => {
  const path = folder.file("history.db");
  await (await openStore(path)).close();
  const connection = new ReadConnection(path);
  try {
    const plans: string[] = [];
    const explained = {
      hasColumn: connection.hasColumn,
      rows: (sql: string, values: readonly unknown[]) => {
        plans.push(...connection.rows(`EXPLAIN QUERY PLAN ${sql}`, values).map((row) => String(row.at(-1))));
        return [];
      },
    };
    readHistory(explained as unknown as ReadConnection, planHistory(query));
    expect(plans).toHaveLength(1);
    expect(plans[0]).toMatch(/^SEARCH .*(rowid|id)<\?/);
  } finally {
    connection.close();
  }
});
