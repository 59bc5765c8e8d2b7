import type { DecodeCase } from "./case.js";
import { badCodes, goodCodes } from "./code-value.js";
import { invalidField, line, message } from "./expectation.js";
import { badFeatures, goodFeatures } from "./features-value.js";
import type { BadValue, GoodValue } from "./field-value.js";
import { badNames, goodNames } from "./name-value.js";
import { badQuantities, goodQuantities, type QuantityKind } from "./quantity-value.js";
import { type FieldTexts, lineOf, type MessageType, samples } from "./sample.js";

type FieldKind = "channel" | "name" | "code" | "features" | QuantityKind;

/** The table of messages in chapter 4, with the kind of each field in place of its range. */
const tables: Record<
  MessageType,
  { required: Record<string, FieldKind>; optional: Record<string, FieldKind> }
> = {
  register: {
    required: { channel: "channel", pid: "pid" },
    optional: {
      features: "features",
      version: "name",
      started_at: "time",
      interval_s: "interval",
      trouble: "name",
      ts: "time",
    },
  },
  heartbeat: {
    required: { channel: "channel", pid: "pid" },
    optional: {
      rss_mb: "amount",
      cpu_pct: "amount",
      dropped: "count",
      started_at: "time",
      interval_s: "interval",
      trouble: "name",
      ts: "time",
    },
  },
  unregister: { required: { channel: "channel", pid: "pid" }, optional: { ts: "time" } },
  llm_usage: {
    required: { channel: "channel", model: "name", feature: "name", tokens_in: "count", tokens_out: "count" },
    optional: {
      latency_ms: "amount",
      provider: "name",
      tokens_cached: "count",
      tokens_cache_write: "count",
      cost_usd: "amount",
      error: "code",
      ts: "time",
    },
  },
  custom_metric: {
    required: { channel: "channel", metric_name: "name", value: "number" },
    optional: { ts: "time" },
  },
};

/** The minor version with which a field came. */
const sinces: Record<string, string> = { tokens_cache_write: "1.1", error: "1.1", trouble: "1.1" };

const wrongKinds: [id: string, title: string, text: string][] = [
  ["string", "a string", '"x"'],
  ["numeric-string", "a number in quotes", '"7"'],
  ["empty-string", "an empty string", '""'],
  ["number", "a number", "7"],
  ["true", "true, which is no number", "true"],
  ["false", "false, which is no number", "false"],
  ["array", "an array", "[7]"],
  ["empty-array", "an empty array", "[]"],
  ["object", "an object", '{"a":7}'],
  ["empty-object", "an empty object", "{}"],
];

/** Every field of one message: missing, `null`, each wrong kind, and each bound of its range. */
export function fieldCases(type: MessageType): DecodeCase[] {
  const { required, optional } = tables[type];
  const cases: DecodeCase[] = [];
  for (const [field, kind] of Object.entries(required)) {
    cases.push(
      line(
        `${slug(field)}-missing`,
        `${type} without ${field}`,
        "M-1 R-4",
        lineOf(without(samples[type].texts, field)),
        invalidField(field),
      ),
      bad(type, field, { id: "null", title: "null", spec: "M-1 R-4", text: "null" }),
      ...rangeCases(type, field, kind),
    );
  }
  for (const [field, kind] of Object.entries(optional)) {
    const rule = field === "features" ? "M-2 M-12" : "M-2";
    const since = sinces[field];
    const own = [
      line(
        `${slug(field)}-null`,
        `null in ${field} means that it is absent`,
        rule,
        lineOf({ ...samples[type].texts, [field]: "null" }),
        message(samples[type].message),
      ),
      ...rangeCases(type, field, kind),
    ];
    cases.push(...(since === undefined ? own : own.map((one) => ({ ...one, since }))));
  }
  return [
    line(
      "smallest",
      `The smallest ${type}`,
      "M-1",
      lineOf(samples[type].texts),
      message(samples[type].message),
    ),
    ...cases,
  ];
}

function rangeCases(type: MessageType, field: string, kind: FieldKind): DecodeCase[] {
  return [
    ...goodOf(kind).map((value) => good(type, field, value)),
    ...wrongKinds
      .filter(([id]) => !allowedKinds(kind).includes(id))
      .map(([id, title, text]) => bad(type, field, { id, title, spec: "M-3 R-4", text })),
    ...badOf(kind).map((value) => bad(type, field, value)),
  ];
}

function good(type: MessageType, field: string, { id, title, spec, text, value }: GoodValue): DecodeCase {
  return line(
    `${slug(field)}-${id}`,
    `${field} of ${type}: ${title}`,
    spec,
    lineOf({ ...samples[type].texts, [field]: text }),
    message({ ...samples[type].message, [field]: value }),
  );
}

function bad(
  type: MessageType,
  field: string,
  { id, title, spec, text, mayBeInvalidJson }: BadValue,
): DecodeCase {
  return line(
    `${slug(field)}-bad-${id}`,
    `${field} of ${type} must not be ${title}`,
    spec,
    lineOf({ ...samples[type].texts, [field]: text }),
    invalidField(field),
    mayBeInvalidJson ? { or: [[{ rejected: "invalid_json" }]] } : {},
  );
}

function goodOf(kind: FieldKind): GoodValue[] {
  if (kind === "channel" || kind === "name") return goodNames(kind);
  if (kind === "code") return goodCodes;
  return kind === "features" ? goodFeatures : goodQuantities[kind];
}

function badOf(kind: FieldKind): BadValue[] {
  if (kind === "channel" || kind === "name") return badNames(kind);
  if (kind === "code") return badCodes;
  return kind === "features" ? badFeatures : badQuantities[kind];
}

/** Which of the wrong kinds are right, or are told by the range of the kind. */
function allowedKinds(kind: FieldKind): string[] {
  if (kind === "channel" || kind === "name" || kind === "code")
    return ["string", "numeric-string", "empty-string"];
  return kind === "features" ? ["object", "empty-object"] : ["number"];
}

function without(texts: FieldTexts, field: string): FieldTexts {
  return Object.fromEntries(Object.entries(texts).filter(([name]) => name !== field));
}

const slug = (field: string): string => field.replaceAll("_", "-");
