import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { problemsOf, resolve } from "./resolved.js";
import { settingsSchema } from "./settings-schema.js";

const file = (...entries: readonly string[]) =>
  `monitoring:\n  prices:\n${entries.map((entry) => `    - ${entry}\n`).join("")}`;

const entriesOf = (...entries: readonly string[]) => resolve({}, {}, file(...entries)).settings.prices;
const faults = (...entries: readonly string[]) => problemsOf({}, {}, file(...entries));
const isValid = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  settingsSchema(),
);

const nothing = {
  model: "*",
  provider: null,
  feature: null,
  like: null,
  price: null,
  discount: 0,
  fromMs: null,
};

describe("the section prices", () => {
  test("may be absent or empty, and holds what calls cost, in its order [cost/C14]", () => {
    expect(resolve({}, {}, "monitoring:\n  name: a\n").settings.prices).toEqual([]);
    expect(resolve({}, {}, "monitoring:\n  prices:\n").settings.prices).toEqual([]);
    const given = [
      '{ model: "llama3*", input: 0, output: 0 }',
      "{ model: mistral-small, like: mistral/mistral-small-latest }",
      '{ model: "gpt-4o*", feature: batch-*, discount: 0.5 }',
      "{ provider: together, model: my-model, input: 0.9, output: 1000, cached: 0.1, cache_write: 1.2, from: 2026-10-01 }",
      "{ provider: ollama, per_call: 0.006 }",
      "{ feature: '*', like: gpt-4o, discount: 0.2, from: '2026-10-01T08:00:00+02:00' }",
    ];
    expect(entriesOf(...given)).toEqual([
      { ...nothing, model: "llama3*", price: { input: 0, output: 0 } },
      { ...nothing, model: "mistral-small", like: "mistral/mistral-small-latest" },
      { ...nothing, model: "gpt-4o*", feature: "batch-*", discount: 0.5 },
      {
        ...nothing,
        provider: "together",
        model: "my-model",
        fromMs: Date.parse("2026-10-01T00:00:00Z"),
        price: { input: 0.9, output: 1000, cached: 0.1, cacheWrite: 1.2 },
      },
      { ...nothing, provider: "ollama", price: { input: 0, output: 0, perCall: 0.006 } },
      { ...nothing, feature: "*", like: "gpt-4o", discount: 0.2, fromMs: Date.parse("2026-10-01T06:00:00Z") },
    ]);
    expect([isValid(parse(file(...given))), isValid.errors]).toEqual([true, null]);
    // A single entry needs no list.
    expect(resolve({}, {}, "monitoring: { prices: { model: a, input: 1 } }").settings.prices).toHaveLength(1);
  });

  test("refuses a price over $1,000 per 1M tokens, and names the unit, the line and the path [cost/C14]", () => {
    for (const key of ["input", "output", "cached", "cache_write"]) {
      const first = key.startsWith("cache") ? "input: 1, " : "";
      const whole = `{ model: a, ${first}${key}: 1000.01 }`;
      expect(faults("{ model: b, input: 1 }", whole)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^kb\\.yaml:4:\\d+ monitoring\\.prices\\[1\\]\\.${key}: expected US dollars per 1M tokens, from 0 to 1000; got "1000.01": per 1M tokens, not per token or thousand\\?$`,
          ),
        ),
      ]);
    }
    expect(faults("{ model: a, input: 1e9 }")[0]).toContain("not per token or thousand?");
    // As LiteLLM writes a price by the token.
    expect(faults("{ model: a, input: 2.5e-06 }")[0]).toContain("not per token or thousand?");
    expect(faults("{ model: a, input: 1000 }")).toEqual([]);
  });

  test("asks about a price by the token that is written out, and takes it", () => {
    const { settings, notices } = resolve({}, {}, file("{ model: a, input: 0.0000025, output: 0 }"));
    expect(settings.prices).toMatchObject([{ price: { input: 0.0000025, output: 0 } }]);
    expect(notices).toEqual([
      expect.stringMatching(
        /^kb\.yaml:3:\d+ monitoring\.prices\[0\]\.input: 0\.0000025 is very little: per 1M tokens, not/,
      ),
    ]);
    expect(resolve({}, {}, file("{ model: a, input: 0.001 }")).notices).toEqual([]);
  });

  test.each([
    [
      "{ model: a, inptu: 1 }",
      /^kb\.yaml:3:\d+ monitoring\.prices\[0\] has no key "inptu": did you mean input\?$/,
    ],
    [
      "{ model: a, input: -1 }",
      /monitoring\.prices\[0\]\.input: expected US dollars per 1M tokens, from 0 to 1000; got "-1"$/,
    ],
    ["{ model: a, input: free }", /\.input: expected US dollars per 1M tokens, from 0 to 1000; got "free"$/],
    ["{ model: a, input: .nan }", /\.input: expected US dollars .*; got "\.nan"$/],
    ["{ model: a, input: .inf }", /\.input: expected US dollars .*; got "\.inf"$/],
    ["{ model: a, input: }", /\.input: expected US dollars .*; there is none$/],
    ["{ model: a, input: [1] }", /\.input: expected US dollars .*; got a list$/],
    [
      "{ model: a, per_call: 1001 }",
      /\.per_call: expected US dollars for each call, from 0 to 1000; got "1001"$/,
    ],
    ["{ model: a, per_call: -1 }", /\.per_call: expected US dollars/],
    [
      "{ model: a, discount: 50 }",
      /\.discount: expected the share .* such as 0\.5 for half of it; got "50"$/,
    ],
    ["{ model: a, discount: 1 }", /\.discount: expected the share/],
    ["{ model: a, discount: 0 }", /\.discount: expected the share/],
    [
      "{ model: a, input: 1, from: 2026-02-30 }",
      /\.from: expected a day such as 2026-10-01, which begins in UTC.*; got "2026-02-30"$/,
    ],
    ["{ model: a, input: 1, from: 01.10.2026 }", /\.from: expected a day/],
    ["{ model: a, input: 1, from: 2026-10-01T08:00:00 }", /\.from: expected a day/],
    ["{ model: a, input: 1, from: 2026-10-01T25:00:00Z }", /\.from: expected a day/],
    [
      "{ input: 1 }",
      /monitoring\.prices\[0\]: expected one of the keys model, provider, feature; there is none$/,
    ],
    [
      "{ model: a }",
      /monitoring\.prices\[0\]: expected one of the keys input, output, per_call, like, discount; there is none$/,
    ],
    ["{ model: a, from: 2026-10-01 }", /expected one of the keys input/],
    ["{ model: a, cached: 1 }", /expected the key input with cached and cache_write; there is none$/],
    ["{ model: a, input: 1, like: b }", /\.like: expected a price of its own or like, not both$/],
    ["{ model: a, input: 1, discount: 0.5 }", /\.discount: expected what you pay, or like, with a discount$/],
    ['{ model: "", input: 1 }', /\.model: expected the name of a model/],
    ["{ model: [a, b], input: 1 }", /\.model: expected the name of a model.*; got a list$/],
    ["a", /monitoring\.prices\[0\]: expected a mapping with some of model, provider/],
  ])("refuses %s with its line, its path and what was expected [cost/C14]", (text, sentence) => {
    expect(faults(text)).toEqual([expect.stringMatching(sentence)]);
    expect(faults(text)[0]).toMatch(/^kb\.yaml:3:\d+ monitoring\.prices/);
  });

  test("refuses two entries about the same calls from the same time on", () => {
    const twice = ["{ model: GPT-4o, input: 1 }", "{ model: b, input: 1 }", "{ model: gpt-4o, input: 2 }"];
    expect(faults(...twice)).toEqual([
      expect.stringMatching(
        /^kb\.yaml:5:\d+ monitoring\.prices\[2\]: is about the same calls as monitoring\.prices\[0\]: give one of them another from$/,
      ),
    ]);
    expect(faults("{ model: a, input: 1 }", "{ model: a, input: 2, from: 2026-10-01 }")).toEqual([]);
  });

  test("has every fault told, not the first alone", () => {
    expect(faults("{ model: a, input: -1, output: 5000 }", "{ modle: a }")).toHaveLength(3);
  });

  test("shows each value with its place, as config show prints it", () => {
    expect(resolve({}, {}, file("{ model: a, input: 1 }")).leaves).toEqual([
      {
        path: "prices[0].model",
        text: "a",
        place: expect.stringMatching(/^kb\.yaml:3:\d+ monitoring\.prices\[0\]\.model$/),
      },
      { path: "prices[0].input", text: "1", place: expect.stringMatching(/^kb\.yaml:3:\d+/) },
    ]);
  });
});
