import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ask } from "../http/ask.js";
import { type Monitor, runCommand, startMonitor } from "./command.js";
import { place, writeConfig } from "./own-folder.js";

async function reload({ socketPath }: Monitor) {
  return await runCommand(["reload", "--no-config", "--socket", socketPath], { folder: place.path });
}

async function inputOf({ at: [, address = ""] }: Monitor, model: string): Promise<unknown> {
  const { body } = await ask(`http://${address}`, `/api/v1/prices?model=${model}`);
  return (body as { price: { price: { input: unknown } | null } }).price.price?.input ?? null;
}

const table = (input: number) =>
  JSON.stringify([
    {
      id: "mine",
      model_match: { equals: "m" },
      models: [{ id: "m", match: { equals: "m" }, prices: { input_mtok: input, output_mtok: 2 } }],
    },
  ]);

test("reload takes over prices, the default provider and a newer table; what is wrong leaves a running monitor its prices [cost/C14]", async () => {
  const config = writeConfig("prices: [{ model: m, input: 1 }]");
  const monitor = await startMonitor(place.path, ["--config", config]);
  const file = `${monitor.store}.prices.json`;
  expect(await inputOf(monitor, "m")).toBe(1);
  expect(await inputOf(monitor, "sonar")).toBeNull();

  writeConfig("prices: [{ model: m, input: 2 }]", "default_provider: perplexity");
  expect(await reload(monitor)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Applied: default_provider, prices\n"),
  });
  expect([await inputOf(monitor, "m"), await inputOf(monitor, "sonar")]).toEqual([2, 1]);

  for (const [line, sentence] of [
    [
      "prices: [{ model: m, input: 5000 }]",
      /monitor\.yaml:2:\d+ .*per 1M tokens, not per token or thousand\?/,
    ],
    [
      "prices: [{ model: m, like: gtp-4o }]",
      /monitor\.yaml:2:\d+ .*prices\[0\]\.like: .*did you mean gpt-4o\?/,
    ],
  ] as const) {
    writeConfig(line);
    const wrong = await reload(monitor);
    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr).toMatch(sentence);
    expect(await inputOf(monitor, "m")).toBe(2);
  }

  writeConfig("default_provider: perplexity");
  writeFileSync(file, "<html>");
  const broken = await reload(monitor);
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain(`the file of prices ${file}: it is no JSON`);
  expect(await inputOf(monitor, "m")).toBe(2);

  writeConfig();
  writeFileSync(file, table(7));
  const { code, stdout } = await reload(monitor);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Applied: .*the prices of genai-prices data [0-9a-f]{12}/);
  expect(await inputOf(monitor, "m")).toBe(7);
  expect((await reload(monitor)).stdout).toContain("Nothing to apply.");
}, 60_000);
