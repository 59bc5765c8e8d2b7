import fc from "fast-check";
import { expect, test } from "vitest";
import { type DecodeResult, decodeLine, encode, endOfUsageLine, LineDecoder } from "../src/index.js";
import { wireObject } from "./arbitrary.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

const usage = {
  type: "llm_usage",
  channel: "twitch_1",
  model: "gpt-4o-mini",
  feature: "chat",
  tokens_in: 100,
  tokens_out: 20,
} as const;
/** As `json.dumps` writes it. */
const spaced = (object: object) =>
  JSON.stringify(object, null, 1).replaceAll("\n ", " ").replace("{ ", "{").replace("\n", "");

const plain = fc.stringMatching(/^[ !#-[\]-~]{1,20}$/);
const amount = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom(null, 0, 5e-7));
const count = fc.oneof(fc.nat(), fc.constant(null));
const plainUsage = fc
  .record(
    {
      channel: plain,
      model: plain,
      feature: plain,
      tokens_in: fc.nat(),
      tokens_out: fc.nat(),
      latency_ms: amount,
      provider: fc.oneof(plain, fc.constant(null)),
      tokens_cached: count,
      tokens_cache_write: count,
      cost_usd: amount,
      error: fc.constantFrom("timeout", null),
      ts: fc.nat(2 ** 40),
    },
    { requiredKeys: ["channel", "model", "feature", "tokens_in", "tokens_out"] },
  )
  .map((fields) => ({ type: "llm_usage", ...fields }));

test("what is recognised as an LLM call is a valid one, whatever stands there", () => {
  const line = fc.oneof(plainUsage, wireObject).chain((object) => {
    const text = fc.constantFrom(JSON.stringify(object), spaced(object));
    const change = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      put: fc.constantFrom("", "", '"', "\\", "0", "-", "e", "{", ",", ".", "\u0000", "\u007f", "ä"),
    });
    return fc.tuple(text, fc.array(change, { maxLength: 2 })).map(([written, changes]) =>
      changes.reduce((text, { at, cut, put }) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + cut);
      }, written),
    );
  });
  let recognised = 0;
  fc.assert(
    fc.property(line, (written) => {
      const end = endOfUsageLine(`.${written}\n{`, 1);
      if (end === 1) return;
      recognised++;
      expect(end).toBe(written.length + 2);
      expect(decodeLine(utf8(written))).toMatchObject({ ok: true, message: { type: "llm_usage" } });
      expect(written.length).toBeLessThan(4_096);
    }),
    { numRuns: 5_000 },
  );
  expect(recognised).toBeGreaterThan(100);
});

test("an LLM call is recognised as our client and json.dumps write it", () => {
  fc.assert(
    fc.property(plainUsage, ({ type, channel, ...fields }) => {
      fc.pre(!/^\.\.?$/.test(channel) && fields.latency_ms !== 5e-324 && fields.cost_usd !== 5e-324);
      const small = (value: unknown) => typeof value === "number" && value > 0 && value < 1e-20;
      fc.pre(!small(fields.latency_ms) && !small(fields.cost_usd));
      const ordered = { type, channel, ...fields };
      for (const text of [encode(ordered as never), `${spaced(ordered)}\n`])
        expect(endOfUsageLine(text, 0), text).toBe(text.length);
    }),
    { numRuns: 3_000 },
  );
});

test("what may be something else is left to be decoded", () => {
  const others = [
    { ...usage, channel: "." },
    { ...usage, channel: ".." },
    { ...usage, channel: "x".repeat(129) },
    { ...usage, model: "x".repeat(257) },
    { ...usage, model: "" },
    { ...usage, feature: 'a"b' },
    { ...usage, channel: "käse" },
    { ...usage, tokens_in: -1 },
    { ...usage, tokens_in: 1.5 },
    { ...usage, tokens_out: 1e16 },
    { ...usage, latency_ms: -1 },
    { ...usage, error: "Timeout" },
    { ...usage, more: 1 },
    { ...usage, type: "custom_metric" },
  ].map((object) => `${JSON.stringify(object)}\n`);
  const line = JSON.stringify(usage);
  for (const text of [
    ...others,
    line,
    `${line}\r\n`,
    ` ${line}\n`,
    `${line} \n`,
    `${line.replace("100", "0100")}\n`,
  ])
    expect(endOfUsageLine(text, 0), text).toBe(0);
});

test("with or without a caller that takes lines as they are, each line is told once, in order [F-9]", () => {
  const line = fc.oneof(
    plainUsage.map((object) => `${JSON.stringify(object)}\n`),
    wireObject.map((object) => `${JSON.stringify(object)}\n`),
    fc.constantFrom("\n", "{\n", "ä\n", `${JSON.stringify(usage)}\r\n`, "x".repeat(200)),
  );
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      fc.constantFrom(200, 65_536),
      (lines, places, maxLineBytes) => {
        const bytes = utf8(lines.join(""));
        const cuts = [0, ...places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const told = (isTaking: boolean) => {
          const results: DecodeResult[] = [];
          const on = (result: DecodeResult) => void results.push(result);
          const decoder = new LineDecoder({ maxLineBytes });
          const passOver = (text: string, from: number) => {
            const end = endOfUsageLine(text, from);
            if (end > from) {
              taken++;
              expect(maxLineBytes).toBe(65_536);
              on(decodeLine(utf8(text.slice(from, end))));
            }
            return end;
          };
          for (const [i, to] of cuts.slice(1).entries())
            decoder.push(bytes.subarray(cuts[i], to), on, isTaking ? passOver : undefined);
          decoder.end(on);
          return results;
        };
        expect(told(true)).toStrictEqual(told(false));
      },
    ),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(50);
});
