import fc from "fast-check";

/*
 * Generated wire objects: valid ones that lie at the edges of every range, and mutations of them.
 * Each is a plain JSON value, so that it can be judged by ajv on the shipped schema as well as by
 * the package's own validator.
 */

const astral = "\u{1F916}";

const nameText = (max: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme-ascii" }) },
    { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 20, unit: "binary" }) },
    fc.constantFrom(
      "x".repeat(max),
      astral.repeat(max),
      "\u2028",
      "\uFEFF",
      "/",
      "a b",
      '"',
      "\\",
      "__proto__",
      "...",
    ),
  );

const badText = fc.oneof(
  fc.constantFrom("", ".", "..", "\ud800", "a\udc00b", "\u0000", "\n", "\u007f", "\u0085", "\u009f"),
  fc.constantFrom(
    "x".repeat(129),
    "x".repeat(257),
    astral.repeat(129),
    astral.repeat(257),
    `${astral.repeat(128)}x`,
    "x".repeat(65),
    "timeout\n",
    "Timeout",
  ),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 12,
  }),
);

const count = fc.oneof(fc.nat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1));
const amount = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 5e-324, Number.MAX_VALUE),
);
const finite = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const interval = fc.constantFrom(5e-324, 0.5, 30, 86_400);
const pid = fc.oneof(fc.integer({ min: 1, max: 4_294_967_295 }), fc.constantFrom(1, 4_294_967_295));
const features = fc.oneof(
  fc.dictionary(nameText(128), fc.boolean(), { maxKeys: 6 }),
  fc
    .constantFrom(256, 257)
    .map((size) => Object.fromEntries(Array.from({ length: size }, (_, i) => [`f${i}`, true]))),
);

const code = fc.oneof(
  fc.stringMatching(/^[a-z0-9_]{1,20}$/),
  fc.constantFrom("rate_limit", "x".repeat(64), "_", "0"),
);
const name = nameText(256);
const channel = nameText(128);

/** The fields of each type, required ones first, with arbitraries for their values. */
const tables: Record<
  string,
  { required: Record<string, fc.Arbitrary<unknown>>; optional: Record<string, fc.Arbitrary<unknown>> }
> = {
  register: {
    required: { channel, pid },
    optional: {
      features,
      version: name,
      started_at: finite,
      interval_s: interval,
      trouble: name,
      ts: finite,
    },
  },
  heartbeat: {
    required: { channel, pid },
    optional: {
      rss_mb: amount,
      cpu_pct: amount,
      dropped: count,
      started_at: finite,
      interval_s: interval,
      trouble: name,
      ts: finite,
    },
  },
  unregister: { required: { channel, pid }, optional: { ts: finite } },
  llm_usage: {
    required: { channel, model: name, feature: name, tokens_in: count, tokens_out: count },
    optional: {
      latency_ms: amount,
      provider: name,
      tokens_cached: count,
      tokens_cache_write: count,
      cost_usd: amount,
      error: code,
      ts: finite,
    },
  },
  custom_metric: { required: { channel, metric_name: name, value: finite }, optional: { ts: finite } },
};

/** An object that is mostly a valid message. */
export const wireObject: fc.Arbitrary<Record<string, unknown>> = fc
  .constantFrom(...Object.entries(tables))
  .chain(([type, { required, optional }]) =>
    fc
      .record(
        {
          ...required,
          ...Object.fromEntries(
            Object.entries(optional).map(([field, value]) => [field, fc.option(value, { freq: 6 })]),
          ),
        },
        { requiredKeys: Object.keys(required) },
      )
      .map((fields) => ({ type, ...fields })),
  );

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  badText,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    null,
    true,
    false,
    0,
    -0,
    -1,
    0.5,
    4_294_967_296,
    2 ** 53,
    1e300,
    -5e-324,
    "1",
    [],
    {},
    [1],
    { a: 1 },
  ),
  fc.dictionary(badText, fc.oneof(fc.boolean(), fc.constantFrom(null, 1, "true")), { maxKeys: 3 }),
  features,
);

const fieldName = fc.constantFrom(
  ...new Set(
    Object.values(tables).flatMap(({ required, optional }) => [
      ...Object.keys(required),
      ...Object.keys(optional),
    ]),
  ),
  "type",
  "unknown",
  "__proto__",
  "constructor",
);

type Mutation = (object: Record<string, unknown>) => void;

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fieldName, anyValue).map(
      ([field, value]): Mutation =>
        (object) =>
          define(object, field, value),
    ),
  },
  {
    weight: 1,
    arbitrary: fieldName.map(
      (field): Mutation =>
        (object) =>
          void delete object[field],
    ),
  },
);

/** A wire object with up to three of its fields replaced, added or taken away. */
export const mutatedObject: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(wireObject, fc.array(mutation, { maxLength: 3 }))
  .map(([object, mutations]) => {
    const copy = { ...object };
    for (const mutate of mutations) mutate(copy);
    return copy;
  });

/** An own property, even where the name is `__proto__`. */
function define(object: Record<string, unknown>, field: string, value: unknown): void {
  Object.defineProperty(object, field, { value, enumerable: true, configurable: true, writable: true });
}
