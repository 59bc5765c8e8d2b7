import { fileURLToPath } from "node:url";
import { Child, CuttingProxy, PostgresServer, repetitions, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { Link } from "../../src/postgres/link.js";
import { Monitor } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { numbersIn } from "./sending-host.js";

const program = fileURLToPath(new URL("sending-monitor.mjs", import.meta.url));
const monitors = repetitions({ gate: 3, long: 20 });
const rounds = repetitions({ gate: 1, long: 4 });
const troubles = ["server killed", "cut before", "monitor killed", "cut after", "monitor killed", "silence"];

type Group = readonly [channel: string, calls: number, tokens: number];

const perChannel = "channel, count(*), sum(tokens_in)";

function groupsHere(path: string): { readonly usage: Group[]; readonly others: number[] } {
  const monitor = new Monitor(path);
  const { db } = monitor.open();
  const usage = db
    .prepare(`SELECT ${perChannel} FROM llm_usage GROUP BY channel ORDER BY channel`)
    .raw()
    .all() as Group[];
  const numbers = (text: string) => db.prepare(`SELECT ${text}`).raw().get() as number[];
  const others = [
    ...numbers("count(*), coalesce(sum(value), 0) FROM monitor_custom_metrics"),
    ...numbers("count(*), coalesce(sum(pid), 0) FROM monitor_status_history"),
    ...numbers("count(*), coalesce(sum(rss_mb), 0) FROM bot_metrics"),
  ];
  monitor.close();
  return { usage, others };
}

async function groupsThere(link: Link, name: string): Promise<ReturnType<typeof groupsHere>> {
  const { schema } = link.url;
  const [host] = await link.rows(`SELECT host_no FROM ${schema}.hosts WHERE name = $1`, [name]);
  const own = `host_no = ${host?.["host_no"]}`;
  const rows = await link.rows<{ channel: string; calls: number; tokens: number }>(
    `SELECT channel, count(*)::float8 AS calls, sum(tokens_in)::float8 AS tokens FROM ${schema}.llm_usage
 WHERE ${own} GROUP BY channel ORDER BY channel COLLATE "C"`,
  );
  const others = [
    ...(await numbersIn(link, `count(*), sum(value) FROM ${schema}.custom_metrics WHERE ${own}`)),
    ...(await numbersIn(link, `count(*), sum(pid) FROM ${schema}.status_history WHERE ${own}`)),
    ...(await numbersIn(link, `sum(n), sum(rss_sum) FROM ${schema}.metric_minutes WHERE ${own}`)),
  ];
  return { usage: rows.map(({ channel, calls, tokens }) => [channel, calls, tokens]), others };
}

test.skipIf(PostgresServer.missing("newest") !== null)(
  `${monitors} monitors of 50 bots end exact, whatever is killed, cut or goes silent [fleet/T5] [fleet/R2]`,
  async () => {
    using folder = new TemporaryFolder("store");
    await using schemas = await Schemas.start("newest");
    await using proxy = await CuttingProxy.start(schemas.server.port);
    const link = schemas.link(schemas.url("kissbot"));
    const url = schemas.byTcp([proxy.port]);
    const names = Array.from({ length: monitors }, (_, i) => `host ${i}`);
    const start = (name: string, ...more: string[]) =>
      Child.node([program, folder.file(`${name}.db`), url, name, ...more]);
    const running = new Map(names.map((name) => [name, start(name)]));
    const commitsOf = (name: string) => running.get(name)?.events<number>().length ?? 0;
    try {
      const calls = async () => (await numbersIn(link, "count(*) FROM kissbot.llm_usage"))[0] ?? 0;
      for (let i = 0; i < rounds * troubles.length; i++) {
        const before = await calls().catch(() => 0);
        await until("rows arrive between two troubles", async () => (await calls()) > before, {
          timeoutMs: 60_000,
        });
        const trouble = troubles[i % troubles.length];
        if (trouble === "server killed") {
          await schemas.server.kill();
          await schemas.server.resume();
        } else if (trouble === "monitor killed") {
          const name = names[i % names.length] as string;
          await until("it has committed something", () => commitsOf(name) > 3);
          await running.get(name)?.kill();
          running.set(name, start(name));
        } else
          proxy.cutNext(trouble === "silence" ? "silence" : trouble === "cut before" ? "before" : "after");
      }
      for (const name of names) await until(`${name} has committed`, () => commitsOf(name) > 3);
      await Promise.all([...running.values()].map((child) => child.kill()));
      expect(proxy.cuts).toBe(3 * rounds);

      const expected = names.map((name) => groupsHere(folder.file(`${name}.db`)));
      for (const name of names) running.set(name, start(name, "quiet"));
      for (const [i, name] of names.entries()) {
        let there: unknown = null;
        await until(
          `all of ${name} has arrived`,
          async () => {
            there = await groupsThere(link, name);
            return JSON.stringify(there) === JSON.stringify(expected[i]);
          },
          { timeoutMs: 60_000, describe: () => ({ there, here: expected[i] }) },
        );
        expect(expected[i]?.usage).toHaveLength(50);
      }
      const all = expected.flatMap(({ usage }) => usage);
      expect(await numbersIn(link, "sum(calls), sum(tokens_in) FROM kissbot.usage_hours")).toEqual([
        all.reduce((sum, [, count]) => sum + count, 0),
        all.reduce((sum, [, , tokens]) => sum + tokens, 0),
      ]);
      expect(await numbersIn(link, "count(*) FROM kissbot.hosts")).toEqual([monitors]);
    } finally {
      await Promise.all([...running.values()].map((child) => child.kill()));
    }
  },
  repetitions({ gate: 150_000, long: 900_000 }),
);
