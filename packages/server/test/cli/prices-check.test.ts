import { writeFileSync } from "node:fs";
import { type LlmUsage, openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { run } from "./program-run.js";

const folder = new TemporaryFolder("prices");
const database = folder.file("kb.db");
const nowMs = Date.parse("2026-11-26T12:00:00Z");

const call: LlmUsage = {
  tsMs: nowMs - 60_000,
  channel: "a",
  model: "gpt-4o",
  feature: "chat",
  tokensIn: 1_000,
  tokensOut: 100,
};
const many = (change: Partial<LlmUsage>) => Array.from({ length: 120 }, () => ({ ...call, ...change }));

beforeAll(async () => {
  const store = await openStore(database);
  const llmUsage: LlmUsage[] = [
    { ...call, model: "llama3:8b", provider: "ollama", tokensIn: 3_000_000 },
    { ...call, model: "sonar" },
    { ...call, model: "my-own" },
    { ...call, model: "whisper-1", provider: "openai" },
    { ...call, model: "gpt-4o-mini", tokensCached: 900, tokensCacheWrite: 200 },
    // Thousandths of dollars told for dollars: 1,000 in and 100 out are $0.0035.
    ...many({ costUsd: 3.5 }),
    // A discount is no wrong unit.
    ...many({ model: "o3", costUsd: 0.0015 }),
    // Too few calls to tell.
    { ...call, model: "gpt-4.1", costUsd: 9 },
    // Nothing is unknown of a model whose bots tell every cost.
    { ...call, model: "told-alone", costUsd: 0.01 },
    { ...call, model: "of-last-year", tsMs: nowMs - 40 * 86_400_000 },
  ];
  await store.write({ producer: "calls", epoch: 1, seq: 1, llmUsage });
  await store.close();
});
afterAll(() => folder[Symbol.dispose]());

const check = (...more: string[]) => run(["prices", "check", "--store", database, ...more], { nowMs });

test("prices check says each model's price, why one has none, and the line that settles it", async () => {
  const { code, stdout } = await check();
  expect(code).toBe(1);
  expect(stdout).toMatch(/gpt-4o +- +120 +132,000 +openai\/gpt-4o +\$2\.5 +\$10/);
  expect(stdout).not.toContain("of-last-year");
  expect(stdout).toContain('- { model: "llama3:8b", provider: "ollama", input: 0, output: 0 }');
  expect(stdout).toMatch(/- \{ model: "sonar", like: "[a-z]+\/[^"]*sonar" \}/);
  expect(stdout).toContain('- { model: "my-own", input: DOLLARS, output: DOLLARS }');
  expect(stdout).toContain('- { model: "whisper-1", provider: "openai", per_call: DOLLARS }');
  expect(stdout).toMatch(/told-alone +- +1/);
  expect(stdout).not.toContain('model: "told-alone"');
  expect((await check("--since", "60d")).stdout).toContain("of-last-year");
});

test("at 80 columns prices check breaks every line but those to copy into the config", async () => {
  const { stdout } = await run(["prices", "check", "--store", database], {
    nowMs,
    environment: { COLUMNS: "80" },
  });
  const wide = stdout.split("\n").filter((line) => line.length > 80);
  expect(wide.filter((line) => !line.startsWith("  - {"))).toEqual([]);
  expect(stdout).toContain("  # llama3:8b (ollama): it runs on a machine of your own;");
  const lines = stdout.split("\n").filter((line) => /^ {2}(#|- \{)/.test(line));
  expect(parse(lines.map((line) => line.replaceAll("DOLLARS", "1")).join("\n"))).toHaveLength(4);
});

test("the lines that prices check prints settle it, but for the dollars that only the operator knows", async () => {
  const { models } = JSON.parse((await check("--json")).stdout);
  const lines = models.flatMap(({ settle }: { settle: string | null }) => settle ?? []);
  expect(lines).toHaveLength(5);
  const config = folder.file("monitor.yaml");
  const write = (text: string) => writeFileSync(config, `monitoring:\n  prices:\n    ${text}\n`);
  write(lines.join("\n    "));
  expect(await check("--config", config)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected US dollars per 1M tokens"),
  });
  write(lines.join("\n    ").replaceAll("DOLLARS", "1"));
  const after = JSON.parse((await check("--config", config, "--json")).stdout);
  expect(after.models.filter(({ reason }: { reason: string | null }) => reason !== null)).toEqual([]);
  for (const line of lines) expect(parse(line)[0]).toHaveProperty("model");
});

test("prices check names a told cost that is far from the price over many calls, and no other", async () => {
  const { stdout } = await check();
  expect(stdout).toContain("What bots tell is far from the price");
  expect(stdout).toMatch(/gpt-4o: \$420 told for 120 calls; by its price \$0\.42/);
  expect(stdout).not.toMatch(/(?:o3|gpt-4\.1): \$/);
});

test("prices check names calls whose cached and written tokens come to more than their input", async () => {
  const { stdout } = await check();
  expect(stdout).toMatch(
    /tokens_cached and tokens_cache_write come to more than tokens_in.*\n +gpt-4o-mini: 1 call\n/,
  );
});

test("prices check ends in 0 where nothing is to settle, and says what it cannot read", async () => {
  const [own, none] = [folder.file("own.db"), folder.file("none.db")];
  const store = await openStore(own);
  await store.write({ producer: "calls", epoch: 1, seq: 1, llmUsage: [call] });
  await store.close();
  expect(await run(["prices", "check", "--store", own], { nowMs })).toMatchObject({ code: 0 });
  expect(await run(["prices", "check", "--store", none])).toMatchObject({ code: 1, stdout: "" });
  expect(await run(["prices", "check", "--store", "memory:"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("cannot be read"),
  });
  expect(await check("--since", "soon")).toMatchObject({ code: 2 });
});
