import type { Price } from "../cost/price.js";
import { type PriceEntry, startOf, subjectOf } from "../cost/price-entry.js";
import { quotedText } from "../quoted-text.js";
import { mapping } from "./mapping.js";
import type { SettingTree } from "./setting-tree.js";
import { gotOf, listOf, made, type Shape, scalar, textOf } from "./shape.js";
import { textSchema } from "./value-schema.js";

/** US dollars per 1M tokens, or for a call. More is a slip of the unit. */
const mostDollars = 1_000;
/**
 * Less, but not nothing, is a slip of the unit, too: the cheapest on sale costs ten times as much.
 */
const leastDollars = 0.0005;
const numberForm = "^\\s*\\d+(?:\\.\\d+)?\\s*$";
const likeNumber = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i;
const unitQuestion = "per 1M tokens, not per token or thousand?";

const perMillion: Shape<number> = {
  schema: {
    description: `Expected: US dollars per 1M tokens, from 0 to ${mostDollars}.`,
    anyOf: [
      { type: "number", minimum: 0, maximum: mostDollars },
      { type: "string", pattern: numberForm },
    ],
  },
  read: (tree, path, reading) => {
    const expected = `expected US dollars per 1M tokens, from 0 to ${mostDollars}`;
    if (tree.kind !== "text") return reading.fault(tree, path, `${expected}${gotOf(tree)}`);
    const dollars = likeNumber.test(tree.text) ? Number(tree.text) : Number.NaN;
    const isSlip = dollars > mostDollars || (dollars > 0 && dollars < leastDollars);
    if (dollars > mostDollars || !new RegExp(numberForm).test(tree.text)) {
      const question = isSlip ? `: ${unitQuestion}` : "";
      return reading.fault(tree, path, `${expected}; got ${quotedText(tree.text)}${question}`);
    }
    reading.leaf(tree, path, tree.text);
    if (isSlip)
      reading.notices.push(`${tree.place} ${path}: ${tree.text.trim()} is very little: ${unitQuestion}`);
    return dollars;
  },
};

const perCall = scalar({
  expected: `US dollars for each call, from 0 to ${mostDollars}`,
  schema: {
    anyOf: [
      { type: "number", minimum: 0, maximum: mostDollars },
      { type: "string", pattern: numberForm },
    ],
  },
  from: (text) => {
    const dollars = new RegExp(numberForm).test(text) ? Number(text) : Number.NaN;
    return dollars <= mostDollars ? dollars : undefined;
  },
});

const discount = scalar({
  expected: "the share of the price that is taken off, above 0 and below 1, such as 0.5 for half of it",
  schema: {
    anyOf: [
      { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
      { type: "string", pattern: numberForm },
    ],
  },
  from: (text) => {
    const share = new RegExp(numberForm).test(text) ? Number(text) : Number.NaN;
    return share > 0 && share < 1 ? share : undefined;
  },
});

const dayForm = "\\d{4}-\\d{2}-\\d{2}";
const timeForm = "[Tt ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,3})?)?(?:[Zz]|[+-]\\d{2}:\\d{2})";

/** Unix milliseconds. */
const from = scalar({
  expected: "a day such as 2026-10-01, which begins in UTC, or a time such as 2026-10-01T08:00:00Z",
  schema: { type: "string", pattern: `^\\s*${dayForm}(?:${timeForm})?\\s*$` },
  from: (text) => timeFrom(text.trim()),
});

/** Undefined for a day that is in no calendar. */
function timeFrom(text: string): number | undefined {
  if (!new RegExp(`^${dayForm}(?:${timeForm})?$`).test(text)) return undefined;
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  // What Date makes of the 30th of February is another day.
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  const ms = text.length === 10 ? day : Date.parse(text.replace(/[ t]/, "T").toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

const notBlank = "\\s*[^\\x00-\\x20\\x7f](?:[^\\x00-\\x1f\\x7f]{0,254}[^\\x00-\\x20\\x7f])?\\s*";
const name = (what: string, sample: string): Shape<string> =>
  made(textOf(`^${notBlank}$`, `${what} of 1 to 256 characters, such as ${sample}`), (text) => text.trim());

const entryShape: Shape<PriceEntry> = made(
  mapping({
    model: {
      shape: name("the name of a model, in which * stands for any text,", "gpt-4o*"),
      help: "The models, as bots call them, in letters of either case. Any, if not given.",
    },
    provider: {
      shape: name("the name of a provider, in which * stands for any text,", "openai"),
      help: "Only calls of this provider. Any, also none, if not given.",
    },
    feature: {
      shape: name("the name of a feature, in which * stands for any text,", "batch-*"),
      help: "Only calls of these features. Any, if not given.",
    },
    input: { shape: perMillion, help: "What input costs." },
    output: { shape: perMillion, help: "What output costs." },
    cached: {
      shape: perMillion,
      help: "What input costs that the provider had in its cache; as any input, if not given.",
    },
    cache_write: {
      shape: perMillion,
      help: "What input costs that the provider writes to its cache; as any input, if not given.",
    },
    per_call: { shape: perCall, help: "What each call costs beside its tokens, or alone." },
    like: {
      shape: name("a model of the table of prices", "mistral/mistral-small-latest"),
      help: "The model whose price it has, maybe after its provider and a slash.",
    },
    discount: { shape: discount, help: "The share that is taken off the price." },
    from: { shape: from, help: "The time of the first call that this holds for." },
  }),
  (given, fault): PriceEntry | undefined => {
    const { model, provider = null, feature = null, like = null } = given;
    if (model === undefined && provider === null && feature === null)
      return fault("expected one of the keys model, provider, feature; there is none");
    const { input, output, cached, cache_write: cacheWrite, per_call: ofCall } = given;
    const isPriced = [input, output, cached, cacheWrite, ofCall].some((dollars) => dollars !== undefined);
    if (isPriced && like !== null) return fault("expected a price of its own or like, not both", "like");
    if (isPriced && given.discount !== undefined)
      return fault("expected what you pay, or like, with a discount", "discount");
    if (!isPriced && like === null && given.discount === undefined)
      return fault("expected one of the keys input, output, per_call, like, discount; there is none");
    if (input === undefined && (cached !== undefined || cacheWrite !== undefined))
      return fault("expected the key input with cached and cache_write; there is none");
    const isByCall = input === undefined && output === undefined;
    const price: Price = isByCall
      ? { input: 0, output: 0, perCall: ofCall }
      : { input, output, cached, cacheWrite, perCall: ofCall };
    return {
      model: model ?? "*",
      provider,
      feature,
      like,
      price: isPriced ? price : null,
      discount: given.discount ?? 0,
      fromMs: given.from ?? null,
    };
  },
);

/** The section `prices:`, in its order. */
export const priceShape: Shape<readonly PriceEntry[]> = {
  schema: listOf(entryShape).schema,
  read: (tree, path, reading) => {
    const entries = listOf(entryShape).read(tree, path, reading);
    if (entries === undefined) return undefined;
    const seen = new Map<string, number>();
    for (const [i, entry] of entries.entries()) {
      const key = `${startOf(entry)} ${subjectOf(entry)}`;
      const first = seen.get(key);
      if (first !== undefined) {
        const [at, own] = itemOf(tree, path, i);
        const [, other] = itemOf(tree, path, first);
        return reading.fault(at, own, `is about the same calls as ${other}: give one of them another from`);
      }
      seen.set(key, i);
    }
    return entries;
  },
};

function itemOf(tree: SettingTree, path: string, i: number): readonly [SettingTree, string] {
  return tree.kind === "list" ? [tree.items[i] ?? tree, `${path}[${i}]`] : [tree, path];
}

/** A provider's name. */
export const providerSchema = textSchema(`^${notBlank}$`);
export function providerFrom(text: string): string | undefined {
  return new RegExp(`^${notBlank}$`).test(text) ? text.trim().toLowerCase() : undefined;
}
