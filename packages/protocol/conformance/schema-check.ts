/*
 * The part of JSON Schema 2020-12 that the shipped schemas use. A keyword that it does not know is
 * an error, so that no schema says more than is checked.
 */

interface Schema {
  readonly [keyword: string]: unknown;
}

type Check = (
  value: unknown,
  argument: never,
  schema: Schema,
  at: string,
  root: Schema,
) => string | undefined;

const named = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
};

function first<Item>(items: Iterable<Item>, fault: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const checks: Record<string, Check> = {
  type: (value, types: string | string[], _schema, at) => {
    const found = typeOf(value);
    const fits = [types].flat().some((type) => type === found || (type === "number" && found === "integer"));
    return fits ? undefined : `${at} is ${found} and not ${[types].flat().join(" or ")}`;
  },
  const: (value, only: unknown, _schema, at) =>
    value === only ? undefined : `${at} is not ${JSON.stringify(only)}`,
  enum: (value, allowed: unknown[], _schema, at) =>
    allowed.includes(value) ? undefined : `${at} is none of ${JSON.stringify(allowed)}`,
  required: (value, names: string[], _schema, at) =>
    named(value)
      ? first(names, (name) => (Object.hasOwn(value, name) ? undefined : `${at} lacks "${name}"`))
      : undefined,
  properties: (value, schemas: Record<string, Schema>, _schema, at, root) =>
    named(value)
      ? first(Object.entries(schemas), ([name, schema]) =>
          Object.hasOwn(value, name) ? faultOf(value[name], schema, `${at}.${name}`, root) : undefined,
        )
      : undefined,
  patternProperties: (value, schemas: Record<string, Schema>, _schema, at, root) =>
    named(value)
      ? first(Object.entries(schemas), ([pattern, schema]) =>
          first(
            Object.keys(value).filter((name) => new RegExp(pattern, "u").test(name)),
            (name) => faultOf(value[name], schema, `${at}.${name}`, root),
          ),
        )
      : undefined,
  items: (value, schema: Schema, _schema, at, root) =>
    Array.isArray(value)
      ? first(value.entries(), ([i, item]) => faultOf(item, schema, `${at}[${i}]`, root))
      : undefined,
  minItems: (value, least: number, _schema, at) =>
    Array.isArray(value) && value.length < least ? `${at} has fewer than ${least} items` : undefined,
  uniqueItems: (value, _true: boolean, _schema, at) =>
    Array.isArray(value) && new Set(value.map((one) => JSON.stringify(one))).size < value.length
      ? `${at} has equal items`
      : undefined,
  minLength: (value, least: number, _schema, at) =>
    typeof value === "string" && [...value].length < least ? `${at} is too short` : undefined,
  pattern: (value, pattern: string, _schema, at) =>
    typeof value === "string" && !new RegExp(pattern, "u").test(value)
      ? `${at} does not match ${pattern}`
      : undefined,
  minimum: (value, least: number, _schema, at) =>
    typeof value === "number" && value < least ? `${at} is below ${least}` : undefined,
  maximum: (value, most: number, _schema, at) =>
    typeof value === "number" && value > most ? `${at} is above ${most}` : undefined,
  exclusiveMinimum: (value, bound: number, _schema, at) =>
    typeof value === "number" && value <= bound ? `${at} is not above ${bound}` : undefined,
  $ref: (value, reference: string, _schema, at, root) => {
    const target = (root["$defs"] as Record<string, Schema>)[reference.replace("#/$defs/", "")];
    if (target === undefined) throw new Error(`no ${reference} in the schema`);
    return faultOf(value, target, at, root);
  },
  anyOf: (value, schemas: Schema[], _schema, at, root) => {
    const faults = schemas.map((schema) => faultOf(value, schema, at, root));
    if (faults.includes(undefined)) return undefined;
    // The one that it comes closest to: the most of whose required names it has.
    const shared = ({ required = [] }: { required?: string[] }) =>
      named(value) ? required.filter((name) => name !== "seq" && Object.hasOwn(value, name)).length : 0;
    const closest = Math.max(...schemas.map(shared));
    return faults[schemas.findIndex((schema) => shared(schema) === closest)];
  },
  additionalProperties: (value, rest: Schema | boolean, schema, at, root) => {
    if (!named(value) || rest === true) return undefined;
    const known = Object.keys((schema["properties"] as object | undefined) ?? {});
    return first(
      Object.keys(value).filter((name) => !known.includes(name)),
      (name) =>
        rest === false ? `${at} has an unknown "${name}"` : faultOf(value[name], rest, `${at}.${name}`, root),
    );
  },
};

const annotations = ["$schema", "$id", "$defs", "title", "description"];

/** Why the value does not fit the schema: its first fault, by path; undefined where it fits. */
export function faultOf(
  value: unknown,
  schema: Schema,
  at = "it",
  root: Schema = schema,
): string | undefined {
  const strange = Object.keys(schema).find(
    (keyword) => !(keyword in checks) && !annotations.includes(keyword),
  );
  if (strange !== undefined) throw new Error(`unknown keyword ${strange} in a schema`);
  // In the order of the checks: what is missing is told before what is too much.
  return first(
    Object.entries(checks).filter(([keyword]) => keyword in schema),
    ([keyword, check]) => check(value, schema[keyword] as never, schema, at, root),
  );
}

/** Why the value is not what `$defs` calls so. */
export const faultOfNamed = (value: unknown, name: string, root: Schema): string | undefined =>
  faultOf(value, { $ref: `#/$defs/${name}` }, "it", root);
