import { quotedText } from "../quoted-text.js";
import { durationMsFrom, durationText } from "./duration.js";
import { nearestName } from "./nearest-name.js";
import { pathOf, type SettingTree, type TreePair } from "./setting-tree.js";
import type { TreeReading } from "./tree-reading.js";
import { choiceSchema, durationSchema, switchSchema, textSchema, type ValueSchema } from "./value-schema.js";

/**
 * What a part of the config file may be, authored once: how it is read, with a fault for each thing
 * that is wrong, and its JSON Schema for editors, which is never narrower.
 */
export interface Shape<Value> {
  readonly schema: ValueSchema;
  /** Undefined where something is wrong: then the reading has a fault. */
  read(tree: SettingTree, path: string, reading: TreeReading): Value | undefined;
}

export interface TextTerms<Value> {
  /** Completes "expected …". */
  readonly expected: string;
  readonly schema: ValueSchema;
  /** Undefined for a text that is wrong. */
  from(text: string): Value | undefined;
  /** What a wrong text may have been meant to be. */
  readonly names?: readonly string[];
}

export function scalar<Value>({ expected, schema, from, names = [] }: TextTerms<Value>): Shape<Value> {
  return {
    schema: { description: `Expected: ${expected}.`, ...schema },
    read: (tree, path, reading) => {
      if (tree.kind !== "text") return reading.fault(tree, path, `expected ${expected}${gotOf(tree)}`);
      const value = from(tree.text);
      if (value !== undefined) {
        reading.leaf(tree, path, tree.text);
        return value;
      }
      const near = nearestName(tree.text, names);
      const advice = near === undefined ? "" : `: did you mean ${near}?`;
      return reading.fault(tree, path, `expected ${expected}; got ${quotedText(tree.text)}${advice}`);
    },
  };
}

export function textOf(pattern: string, expected: string): Shape<string> {
  const form = new RegExp(pattern, "u");
  return scalar({
    expected,
    schema: textSchema(pattern),
    from: (text) => (form.test(text) ? text : undefined),
  });
}

export function oneOf<Choice extends string>(choices: readonly Choice[]): Shape<Choice> {
  return scalar({
    expected: choices.length === 1 ? `${choices[0]}` : `one of ${choices.join(", ")}`,
    schema: choiceSchema(choices),
    from: (text) => choices.find((choice) => choice === text),
    names: choices,
  });
}

/** Milliseconds. */
export function duration(leastMs: number, mostMs: number): Shape<number> {
  return scalar({
    expected: `seconds, or a duration such as 30s, 2m, 1h or 7d, from ${leastMs === 0 ? "0" : durationText(leastMs)} to ${durationText(mostMs)}`,
    schema: durationSchema(leastMs, mostMs),
    from: (text) => {
      const ms = durationMsFrom(text);
      return ms !== undefined && ms >= leastMs && ms <= mostMs ? Math.round(ms) : undefined;
    },
  });
}

export function number(
  least: number,
  most: number,
  { whole = false, exclusive = false } = {},
): Shape<number> {
  const range = exclusive ? `above ${least} and up to ${most}` : `from ${least} to ${most}`;
  const bound = exclusive ? { exclusiveMinimum: least } : { minimum: least };
  return scalar({
    expected: `a ${whole ? "whole " : ""}number ${range}`,
    schema: {
      anyOf: [
        { type: whole ? "integer" : "number", ...bound, maximum: most },
        { type: "string", pattern: "^\\s*\\d+(?:\\.\\d+)?\\s*$" },
      ],
    },
    from: (text) => {
      const value = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
      const isSound = (exclusive ? value > least : value >= least) && value <= most;
      return isSound && (!whole || Number.isInteger(value)) ? value : undefined;
    },
  });
}

export const flag: Shape<boolean> = scalar({
  expected: "true or false",
  schema: switchSchema,
  from: (text) => {
    const word = text.trim().toLowerCase();
    if (["true", "yes", "on", "1"].includes(word)) return true;
    return ["false", "no", "off", "0"].includes(word) ? false : undefined;
  },
});

/** One or several; a single value needs no brackets. */
export function listOf<Item>(item: Shape<Item>, most = 1_000): Shape<readonly Item[]> {
  return {
    schema: {
      anyOf: [item.schema, { type: "array", minItems: 1, maxItems: most, items: item.schema }],
    },
    read: (tree, path, reading) => {
      if (tree.kind !== "list") {
        const one = item.read(tree, path, reading);
        return one === undefined ? undefined : [one];
      }
      if (tree.items.length === 0 || tree.items.length > most) {
        return reading.fault(tree, path, `expected 1 to ${most} values; got ${tree.items.length}`);
      }
      const items = tree.items.map((each, i) => item.read(each, `${path}[${i}]`, reading));
      return items.every((each) => each !== undefined) ? items : undefined;
    },
  };
}

/** A mapping whose keys the user chooses. */
export function recordOf<Item>(
  item: Shape<Item>,
  { pattern, expected }: { readonly pattern: string; readonly expected: string },
): Shape<ReadonlyMap<string, Item>> {
  const form = new RegExp(pattern, "u");
  return {
    schema: {
      type: "object",
      propertyNames: { pattern },
      additionalProperties: item.schema,
      minProperties: 1,
    },
    read: (tree, path, reading) => {
      const pairs = pairsOf(tree, path, reading, `a mapping by name`);
      if (pairs === undefined) return undefined;
      const found = new Map<string, Item>();
      for (const { name, value } of pairs) {
        const own = pathOf(path, name);
        if (!form.test(name)) reading.fault(value, own, `expected ${expected} as the key`);
        const read = item.read(value, own, reading);
        if (read !== undefined) found.set(name, read);
      }
      return found.size === pairs.length ? found : undefined;
    },
  };
}

/** Adds a fault to a mapping, or to what stands below these of its keys. */
export type Fault = (sentence: string, ...keys: readonly string[]) => undefined;

/** Another value made of what is read, or a fault. */
export function made<From, To>(
  shape: Shape<From>,
  make: (value: From, fault: Fault) => To | undefined,
): Shape<To> {
  return {
    schema: shape.schema,
    read: (tree, path, reading) => {
      const value = shape.read(tree, path, reading);
      if (value === undefined) return undefined;
      return make(value, (sentence, ...keys) => {
        const [at, own] = below(tree, path, keys);
        return reading.fault(at, own, sentence);
      });
    },
  };
}

/** What stands below these keys, and its path; as far down as they are there. */
export function below(
  tree: SettingTree,
  path: string,
  keys: readonly string[],
): readonly [SettingTree, string] {
  let [at, own] = [tree, path];
  for (const key of keys) {
    const pair = at.kind === "mapping" ? at.pairs.find(({ name }) => name === key) : undefined;
    if (pair === undefined) break;
    [at, own] = [pair.value, pathOf(own, key)];
  }
  return [at, own];
}

/** `short` is for a scalar, `whole` for all else. */
export function eitherOf<Value>(short: Shape<Value>, whole: Shape<Value>): Shape<Value> {
  return {
    schema: { anyOf: [short.schema, whole.schema] },
    read: (tree, path, reading) =>
      tree.kind === "text" ? short.read(tree, path, reading) : whole.read(tree, path, reading),
  };
}

/** The pairs of a mapping; undefined, with a fault, where it is none. */
export function pairsOf(
  tree: SettingTree,
  path: string,
  reading: TreeReading,
  expected: string,
): readonly TreePair[] | undefined {
  if (tree.kind === "mapping") return tree.pairs;
  // A text in its place may be a secret: it is not repeated.
  const got = tree.kind === "text" ? "; got a single value" : gotOf(tree);
  return reading.fault(tree, path, `expected ${expected}${got}`);
}

export function gotOf(tree: SettingTree): string {
  if (tree.kind === "text") return `; got ${quotedText(tree.text)}`;
  return tree.kind === "nothing" ? "; there is none" : `; got a ${tree.kind}`;
}
