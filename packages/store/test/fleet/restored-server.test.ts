import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PostgresServer, TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Schemas } from "../postgres/schemas.js";
import { numbersIn, SendingHost } from "./sending-host.js";

function copy(from: string, to: string): void {
  const done = spawnSync("cp", ["-a", from, to], { encoding: "utf8" });
  expect(done.stderr).toBe("");
}

test.skipIf(PostgresServer.missing("newest") !== null)(
  "what a PostgreSQL lost that was restored to an older state is sent again, once, as far as it is still here [fleet/R3] [fleet/T8]",
  async () => {
    using folder = new TemporaryFolder("store");
    await using schemas = await Schemas.start("newest");
    const { server } = schemas;
    const data = join(server.folder, "data");
    const link = schemas.link(schemas.make());
    using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
    host.monitor.write("usage", 500, 1);
    host.monitor.write("custom", 40, 1);
    await host.drain();
    await server.stop();
    copy(data, `${data}-older`);
    await server.resume();
    host.monitor.write("usage", 500, 501);
    host.monitor.write("custom", 40, 41);
    await host.drain();
    const { schema } = link.url;
    const calls = `count(*), count(DISTINCT tokens_in), sum(tokens_in) FROM ${schema}.llm_usage`;
    expect(await numbersIn(link, calls)).toEqual([1_000, 1_000, 500_500]);

    // Back to the older state, while more is written here and some is deleted.
    await server.kill();
    host.monitor.write("usage", 100, 1_001);
    host.monitor.open().db.exec("DELETE FROM monitor_custom_metrics WHERE id <= 50");
    rmSync(data, { recursive: true });
    copy(`${data}-older`, data);
    await server.resume();
    await host.drain();
    expect(await numbersIn(link, calls)).toEqual([1_100, 1_100, 605_550]);
    expect(await numbersIn(link, `sum(calls), sum(tokens_in) FROM ${schema}.usage_hours`)).toEqual([
      1_100, 605_550,
    ]);
    expect(
      await numbersIn(link, `count(*), count(DISTINCT value) FROM ${schema}.custom_metrics`),
      "all but those ten that were lost there and are deleted here",
    ).toEqual([70, 70]);
    expect(
      await numbersIn(link, `sum(deleted), sum(rejected) FROM ${schema}.cursors WHERE source = 'custom'`),
      "which are counted",
    ).toEqual([10, 0]);
    await host.drain();
    expect(await numbersIn(link, calls), "nothing is sent twice").toEqual([1_100, 1_100, 605_550]);
  },
  120_000,
);
