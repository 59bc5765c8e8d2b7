import { readFileSync } from "node:fs";
import { PostgresServer, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packBatch } from "../../src/packed-batch.js";
import { numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { botRow, customRows, metricRows, usageRows } from "../rows.js";
import { SendingHost } from "./sending-host.js";

const page = readFileSync(new URL("../../../../docs/privacy.md", import.meta.url), "utf8");
const [, sql = ""] = [...page.matchAll(/^```sql\n([\s\S]*?)^```/gm)].map(([, text]) => text);

describe.skipIf(PostgresServer.missing("newest") !== null)("the page's deletion in a fleet database", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(async () => {
    await schemas[Symbol.asyncDispose]();
  });

  test("leaves nothing of that bot in any table, and all of the others", async () => {
    using folder = new TemporaryFolder("privacy");
    const link = schemas.link(schemas.make());
    const { schema } = link.url;
    using host = new SendingHost(folder.file("a.db"), link, "first");
    const tsMs = Date.now();
    for (const channel of ["my_bot", "other"]) {
      const change = { tsMs, channel, pid: 7, from: null, to: "online", cause: "registered" } as const;
      host.monitor.open().commitBatches([
        packBatch(
          numbered({
            bots: [botRow({ channel })],
            statusChanges: [change],
            llmUsage: usageRows(5, { channel }),
            customMetrics: customRows(5).map((row) => ({ ...row, channel })),
            botMetrics: metricRows(5, { channel }),
          }),
        ),
      ]);
    }
    await host.drain();
    expect(host.errors).toEqual([]);
    for (const channel of ["my_bot", "other"])
      await link.rows(
        `INSERT INTO "${schema}".incidents (kind, host_no, channel, host_nos, token, since, heard, opened)
 VALUES ('channel', 1, $1, '{1}', 1, now(), now(), now())`,
        [channel],
      );

    const tablesWith = async (name: string) => {
      const tables = await link.rows<{ name: string }>(
        "SELECT c.relname AS name FROM pg_class AS c WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r'",
        [`"${schema}"`],
      );
      const found: string[] = [];
      for (const table of tables) {
        const rows = await link.rows(
          `SELECT 1 FROM "${schema}"."${table.name}" AS t WHERE t::text LIKE '%' || $1 || '%' LIMIT 1`,
          [name],
        );
        if (rows.length > 0) found.push(table.name);
      }
      return found.sort();
    };
    const before = await tablesWith("my_bot");
    expect(before.length).toBeGreaterThanOrEqual(8);
    expect(await tablesWith("other")).toEqual(before);
    await link.script(sql.replace("TO kissbot", `TO "${schema}"`));
    expect(await tablesWith("my_bot")).toEqual([]);
    expect(await tablesWith("other")).toEqual(before);
  }, 60_000);
});
