import { writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { run } from "./program-run.js";

const folder = new TemporaryFolder("prices");
afterAll(() => folder[Symbol.dispose]());

test("prices show prints what models cost, and why one has no price", async () => {
  const { code, stdout, stderr } = await run(["prices", "show", "gpt-4o", "llama3:8b"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/gpt-4o +openai\/gpt-4o +\$2\.5 +\$10/);
  expect(stdout).toContain("it runs on a machine of your own");
  expect(stdout).toContain("US dollars per 1M tokens, by genai-prices 0.1.8");
});

test("prices show names what each call costs beside its tokens, where one does", async () => {
  const { stdout } = await run(["prices", "show", "sonar", "--provider", "perplexity"]);
  expect(stdout).toMatch(/EACH CALL/);
  expect(stdout).toMatch(/perplexity\/sonar +\$1 +\$1 .*\$0\.012/);
  expect((await run(["prices", "show", "gpt-4o"])).stdout).not.toContain("EACH CALL");
});

test("prices show takes the provider, the time and JSON [cost/C6]", async () => {
  const asked = ["prices", "show", "o3", "--provider", "openai", "--json"];
  const priceOn = async (day: string) => {
    const { code, stdout } = await run([...asked, "--at", day]);
    expect(code).toBe(0);
    return JSON.parse(stdout).prices[0];
  };
  expect(await priceOn("2025-06-09")).toMatchObject({
    model: "o3",
    provider: "openai",
    priced_as: "openai/o3",
    reason: null,
    price: { input: 10, output: 40 },
  });
  expect(await priceOn("2025-06-11")).toMatchObject({ price: { input: 2, output: 8 } });
});

test("prices show refuses a time that is none, and wants a model", async () => {
  expect(await run(["prices", "show", "o3", "--at", "soon"])).toMatchObject({ code: 2 });
  expect(await run(["prices", "show"])).toMatchObject({ code: 2 });
});

test("prices show prints the price of the config file before the table's, and whose it is", async () => {
  const config = folder.file("monitor.yaml");
  writeFileSync(
    config,
    [
      "monitoring:",
      "  prices:",
      '    - { model: "llama3*", input: 0, output: 0 }',
      "    - { model: gpt-4o, feature: batch-*, discount: 0.5 }",
      "  default_provider: perplexity",
      "",
    ].join("\n"),
  );
  const show = ["prices", "show", "--config", config];
  const { code, stdout } = await run([...show, "llama3:8b", "gpt-4o", "sonar"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/llama3:8b +config: llama3\* +\$0 +\$0/);
  expect(stdout).toMatch(/gpt-4o +openai\/gpt-4o +\$2\.5 +\$10/);
  expect(stdout).toMatch(/sonar +perplexity\/sonar/);
  const batch = await run([...show, "gpt-4o", "--feature", "batch-1", "--json"]);
  expect(JSON.parse(batch.stdout).prices).toEqual([
    {
      feature: "batch-1",
      why: null,
      settle: null,
      model: "gpt-4o",
      provider: null,
      source: "config",
      priced_as: "openai/gpt-4o",
      reason: null,
      price: { input: 1.25, output: 5, cached: 0.625, cache_write: null, per_call: null },
    },
  ]);
});
