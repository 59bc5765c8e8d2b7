import { quotedText } from "../quoted-text.js";
import { nearestName } from "./nearest-name.js";
import type { Secret } from "./secret.js";
import { fileFlagOf } from "./setting.js";
import { pathOf, type SettingTree, type TreePair } from "./setting-tree.js";
import { gotOf, pairsOf, type Shape } from "./shape.js";
import type { SecretTerms, TreeReading } from "./tree-reading.js";
import { textSchema, type ValueSchema } from "./value-schema.js";

/** One key of a mapping. */
export interface Field<Value> {
  readonly shape: Shape<Value>;
  readonly help: string;
  readonly required?: true;
}

/**
 * A secret of a mapping: the key, or the same with `_env` for a variable or `_file` for a file that
 * holds it.
 */
export interface SecretField extends SecretTerms {
  readonly help: string;
  readonly required?: true;
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type SecretFields = Readonly<Record<string, SecretField>>;

type ValueOf<Given> = Given extends Field<infer Value> ? Value : never;

/** What a mapping gives: a key that was not given is undefined. */
export type MappingOf<F extends Fields, S extends SecretFields = Record<never, SecretField>> = {
  readonly [Key in keyof F]: F[Key] extends { readonly required: true }
    ? ValueOf<F[Key]>
    : ValueOf<F[Key]> | undefined;
} & {
  readonly [Key in keyof S]: S[Key] extends { readonly required: true } ? Secret : Secret | undefined;
};

/** A mapping of these keys and no others. */
export function mapping<F extends Fields, S extends SecretFields = Record<never, SecretField>>(
  fields: F,
  secrets: S = {} as S,
): Shape<MappingOf<F, S>> {
  const secretKeys = Object.keys(secrets).flatMap(formsOf);
  const known = [...secretKeys, ...Object.keys(fields)];
  return {
    schema: schemaOf(fields, secrets),
    read: (tree, path, reading) => {
      const pairs = pairsOf(tree, path, reading, `a mapping with some of ${known.join(", ")}`);
      if (pairs === undefined) return undefined;
      const before = reading.problems.length;
      const given = new Map(pairs.map((pair) => [pair.name, pair]));
      for (const { name, value } of pairs) {
        if (!known.includes(name)) unknownKey(name, value, path, known, reading);
      }
      const values: Record<string, unknown> = {};
      for (const [key, { shape, required }] of Object.entries(fields)) {
        const pair = given.get(key);
        if (pair !== undefined) values[key] = shape.read(pair.value, pathOf(path, key), reading);
        else if (required) reading.fault(tree, path, `expected the key ${key}; there is none`);
      }
      for (const [key, field] of Object.entries(secrets)) {
        values[key] = secretOf(key, field, { tree, path, given, reading });
      }
      return reading.problems.length === before ? (values as MappingOf<F, S>) : undefined;
    },
  };
}

function formsOf(key: string): readonly string[] {
  return [key, `${key}_env`, fileFlagOf(key, "_")];
}

function unknownKey(
  name: string,
  value: SettingTree,
  path: string,
  known: readonly string[],
  reading: TreeReading,
): void {
  const near = nearestName(name, known);
  const advice = near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`;
  reading.problems.push(`${value.place} ${path} has no key ${quotedText(name)}: ${advice}`);
}

interface Surrounding {
  readonly tree: SettingTree;
  readonly path: string;
  readonly given: ReadonlyMap<string, TreePair>;
  readonly reading: TreeReading;
}

function secretOf(
  key: string,
  field: SecretField,
  { tree, path, given, reading }: Surrounding,
): Secret | undefined {
  const forms = formsOf(key);
  const [first, second] = forms.flatMap((form) => given.get(form) ?? []);
  if (first === undefined) {
    if (field.required) {
      reading.fault(tree, path, `expected one of the keys ${forms.join(", ")}; there is none`);
    }
    return undefined;
  }
  if (second !== undefined) {
    return reading.fault(second.value, pathOf(path, second.name), `${first.name} sets the same`);
  }
  const { name, value } = first;
  const own = pathOf(path, name);
  if (value.kind !== "text") {
    const expected =
      name === key ? field.expected : name.endsWith("_env") ? "the name of a variable" : "a path";
    return reading.fault(value, own, `expected ${expected}${gotOf(value)}`);
  }
  if (name === key) return reading.secretOfText(value, own, field);
  return name.endsWith("_env")
    ? reading.secretOfVariable(value, own, field)
    : reading.secretOfFile(value, own, field);
}

function schemaOf(fields: Fields, secrets: SecretFields): ValueSchema {
  const properties: Record<string, ValueSchema> = {};
  for (const [key, { help, expected }] of Object.entries(secrets)) {
    const [, variable = "", file = ""] = formsOf(key);
    properties[key] = { description: `${help} Expected: ${expected}.`, ...textSchema("^[^\\0]+$") };
    properties[variable] = { description: `The variable that holds ${key}.`, ...textSchema("^[^\\0]+$") };
    properties[file] = {
      description: `The file that holds ${key}. It is read anew for each notice.`,
      ...textSchema("^[^\\0]+$"),
    };
  }
  for (const [key, { shape, help }] of Object.entries(fields)) {
    const { description, ...schema } = shape.schema;
    properties[key] = {
      description: [help, description].filter((text) => text !== undefined).join(" "),
      ...schema,
    };
  }
  const required = Object.entries(fields).flatMap(([key, field]) => (field.required ? [key] : []));
  const chosen = Object.entries(secrets).flatMap(([key, field]) =>
    field.required ? [{ anyOf: formsOf(key).map((form) => ({ required: [form] })) }] : [],
  );
  return {
    type: "object",
    additionalProperties: false,
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(chosen.length === 0 ? {} : { allOf: chosen }),
  };
}
