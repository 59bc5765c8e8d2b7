import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type DecodeResult,
  decodeLine,
  encode,
  endOfMetricLine,
  endOfUsageLine,
  LineDecoder,
} from "../src/index.js";
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
const metric = {
  type: "custom_metric",
  channel: "twitch_1",
  metric_name: "queue length",
  value: 12.5,
} as const;
/** Either kind, as where a flood brings both. */
const endOfRowLine = (text: string, from: number) => {
  const end = endOfUsageLine(text, from);
  return end > from ? end : endOfMetricLine(text, from);
};
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
const plainMetric = fc
  .record(
    {
      channel: plain,
      metric_name: plain,
      value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
      ts: fc.oneof(fc.nat(2 ** 40), fc.constant(null)),
    },
    { requiredKeys: ["channel", "metric_name", "value"] },
  )
  .map((fields) => ({ type: "custom_metric", ...fields }));

test.each([
  ["an LLM call", "llm_usage", plainUsage, endOfUsageLine],
  ["a custom metric", "custom_metric", plainMetric, endOfMetricLine],
])("what is recognised as %s is a valid one, whatever stands there", (_, type, plainRow, endOfLine) => {
  const line = fc.oneof<fc.Arbitrary<object>[]>(plainRow, wireObject).chain((object) => {
    const text = fc.constantFrom(JSON.stringify(object), spaced(object));
    const change = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      put: fc.constantFrom("", "", '"', "\\", "0", "-", "+", "e", "{", ",", ".", "\u0000", "\u007f", "ä"),
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
      const end = endOfLine(`.${written}\n{`, 1);
      if (end === 1) return;
      recognised++;
      expect(end).toBe(written.length + 2);
      expect(decodeLine(utf8(written))).toMatchObject({ ok: true, message: { type } });
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

test("a custom metric is recognised as our client and json.dumps write it", () => {
  fc.assert(
    fc.property(plainMetric, ({ type, channel, ...fields }) => {
      // A value of another size is decoded.
      const size = Math.abs(fields.value);
      fc.pre(!/^\.\.?$/.test(channel) && (size === 0 || (size > 1e-99 && size < 1e15)));
      const ordered = { type, channel, ...fields };
      for (const text of [encode(ordered as never), `${spaced(ordered)}\n`])
        expect(endOfMetricLine(text, 0), text).toBe(text.length);
    }),
    { numRuns: 3_000 },
  );
  for (const value of ["1e+16", "-1E5", "2.5e-07", "-0.0", "1e21"]) {
    const text = JSON.stringify({ ...metric, value: 0 }).replace(":0}", `:${value}}\n`);
    expect(endOfMetricLine(text, 0), text).toBe(value === "-1E5" ? 0 : text.length);
  }
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
    { ...metric, channel: ".." },
    { ...metric, channel: "x".repeat(129) },
    { ...metric, metric_name: "" },
    { ...metric, metric_name: "x".repeat(257) },
    { ...metric, metric_name: "l\u00e4nge" },
    { ...metric, metric_name: "a\\b" },
    { ...metric, value: null },
    { ...metric, value: "1" },
    { ...metric, value: 1e100 },
    { ...metric, ts: true },
    { ...metric, more: 1 },
    { ...metric, type: "llm_usage" },
  ].map((object) => `${JSON.stringify(object)}\n`);
  const line = JSON.stringify(usage);
  for (const text of [
    ...others,
    line,
    `${line}\r\n`,
    ` ${line}\n`,
    `${line} \n`,
    `${line.replace("100", "0100")}\n`,
    `${JSON.stringify(metric)}`,
    `${JSON.stringify(metric)}\r\n`,
    ...["1e400", "01", "+1", "1.", ".5", "-", "0x1", "1e", "NaN", "Infinity"].map(
      (value) => `${JSON.stringify(metric).replace("12.5", value)}\n`,
    ),
  ])
    expect(endOfRowLine(text, 0), text).toBe(0);
});

test("with or without a caller that takes lines as they are, each line is told once, in order [F-9]", () => {
  const line = fc.oneof(
    fc.oneof<fc.Arbitrary<object>[]>(plainUsage, plainMetric).map((object) => `${JSON.stringify(object)}\n`),
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
            const end = endOfRowLine(text, from);
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
