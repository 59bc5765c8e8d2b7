import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { priceTableVersion } from "../src/cost/price-table.js";
import { openPrices, priceFileOf } from "../src/open-prices.js";
import { resolve } from "./config/resolved.js";

const folder = new TemporaryFolder("prices");
afterAll(() => folder[Symbol.dispose]());

const store = folder.file("monitor.db");
const file = `${store}.prices.json`;
const table = (input: number) =>
  JSON.stringify([
    {
      id: "mine",
      models: [{ id: "m", match: { equals: "m" }, prices: { input_mtok: input, output_mtok: 2 } }],
    },
  ]);
const nowMs = Date.parse("2026-11-26");

function open(yaml = "", broken: "left_out" | "thrown" = "left_out") {
  const resolved = resolve({ store }, {}, `monitoring:\n  name: a\n${yaml}`);
  return openPrices(resolved.settings, { places: resolved, broken });
}

test("prices are those that come with the program, until there is a file beside the database", async () => {
  expect(priceFileOf(store)).toBe(file);
  expect(priceFileOf("memory:")).toBeNull();
  expect(await open()).toMatchObject({ version: priceTableVersion, file: null, notices: [] });
  writeFileSync(file, table(7));
  const opened = await open();
  expect(opened).toMatchObject({ file, notices: [], version: expect.stringMatching(/^genai-prices data /) });
  expect(opened.book.find("m", "mine", "a").at(nowMs)).toMatchObject({
    source: "table",
    version: opened.version,
    price: { input: 7 },
  });
  // What the operator says comes before a newer table as well.
  const { book } = await open("  prices: [{ model: m, input: 1, output: 1 }]\n");
  expect(book.find("m", "mine", "a").at(nowMs)).toMatchObject({ source: "config", price: { input: 1 } });
  rmSync(file);
});

test.each([
  ["no JSON", () => writeFileSync(file, "<html>"), /it is no JSON/],
  ["cut short", () => writeFileSync(file, table(7).slice(0, 40)), /it is no JSON/],
  ["a folder", () => mkdirSync(file), /it is no file/],
  [
    "too large",
    () => writeFileSync(file, Buffer.alloc(17 * 1_048_576, " ")),
    /it has \d+ bytes, and \d+ are the most/,
  ],
])(
  "a file of prices that is %s is named, and the prices that there are stay [cost/C14]",
  async (_, make, why) => {
    make();
    const opened = await open();
    expect(opened).toMatchObject({ version: priceTableVersion, file: null });
    expect(opened.notices).toHaveLength(1);
    expect(opened.notices[0]).toContain(`The file of prices ${file} was left out: `);
    expect(opened.notices[0]).toMatch(why);
    await expect(open("", "thrown")).rejects.toThrow(why);
    rmSync(file, { recursive: true });
  },
);

test("a file of prices that is older than the table of the program is left out", async () => {
  writeFileSync(file, table(7));
  utimesSync(file, new Date("2026-01-01"), new Date("2026-01-01"));
  expect(await open()).toMatchObject({
    version: priceTableVersion,
    file: null,
    notices: [
      `The file of prices ${file} was left out: ${priceTableVersion}, which comes with this program, is newer.`,
    ],
  });
  rmSync(file);
});

test.each([
  [
    "  prices:\n    - { model: a, input: 1 }\n    - { model: b, like: mistral/mistral-smal-latest }\n",
    /^kb\.yaml:5:\d+ monitoring\.prices\[1\]\.like: expected a model of the table of prices; got "mistral\/mistral-smal-latest": did you mean mistral\/mistral-small-latest\?$/,
  ],
  [
    "  prices: { model: b, like: nothing-at-all }\n",
    /^kb\.yaml:3:\d+ monitoring\.prices\.like: expected a model of the table of prices; got "nothing-at-all"$/,
  ],
  [
    "  prices: [{ model: b, like: sonar }]\n",
    /prices\[0\]\.like: expected a model that has a price; got "sonar": name its provider, as in PROVIDER\/sonar$/,
  ],
  [
    "  prices: [{ model: b, like: openai/whisper-1 }]\n",
    /got "openai\/whisper-1": its price is not by the token$/,
  ],
  ["  prices: [{ model: b, like: 'llama3:8b' }]\n", /got "llama3:8b": it runs on a machine of your own/],
  [
    "  default_provider: openruter\n",
    /^kb\.yaml:3:\d+ monitoring\.default_provider: expected a provider of the table of prices; got "openruter": did you mean openrouter\?$/,
  ],
  [
    "  default_provider: litellm\n",
    /default_provider: expected a provider; "litellm" passes calls on, and sells nothing$/,
  ],
])(
  "what the config takes from the table and is not there is named with its place [cost/C14]: %s",
  async (yaml, sentence) => {
    await expect(open(yaml)).rejects.toMatchObject({
      exitCode: 2,
      problems: [expect.stringMatching(sentence)],
    });
  },
);

test("a provider goes by the names that bots use, and a machine of one's own is one", async () => {
  for (const name of ["gemini", "bedrock", "OpenRouter", "ollama", "x-ai"]) {
    await expect(open(`  default_provider: ${name}\n`)).resolves.toBeDefined();
  }
});
