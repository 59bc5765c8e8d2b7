import { ApiError } from "./api-error.js";
import { objectSchema, type Schema } from "./schema.js";

/** One field of a posted body: its documentation, and how to read it. */
export interface BodyField<T> {
  readonly description: string;
  readonly schema: Schema & { readonly type: string };
  /** What an error says was expected. */
  readonly expected: string;
  readonly required?: boolean;
  /** Undefined if the value is not as expected. */
  read(value: unknown): T | undefined;
}

export type BodyFields = Readonly<Record<string, BodyField<unknown>>>;

/** The values of a body; undefined for absent fields. */
export type FieldValues<F extends BodyFields> = {
  readonly [Name in keyof F]: F[Name] extends BodyField<infer T>
    ? F[Name] extends { readonly required: true }
      ? T
      : T | undefined
    : never;
};

/**
 * Reads the fields of a body. A missing body has no fields. Unknown fields and bad values are
 * errors that say what was expected: otherwise a misspelt field would change the wrong thing.
 */
export function fieldsOf<F extends BodyFields>(body: unknown, fields: F): FieldValues<F> {
  const given = body ?? {};
  const known = Object.keys(fields).join(", ");
  if (typeof given !== "object" || Array.isArray(given)) {
    const fieldsText = known === "" ? "without fields" : `with some of ${known}`;
    throw new ApiError("bad_request", `expected a JSON object ${fieldsText}`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      const shown = JSON.stringify(name.slice(0, 100));
      const hint = known === "" ? "there are none here" : `there are ${known}`;
      throw new ApiError("bad_request", `there is no field ${shown}: ${hint}`);
    }
    const read = value === null && field.required !== true ? null : field.read(value);
    if (read === undefined) {
      const shown = JSON.stringify(value).slice(0, 100);
      throw new ApiError("bad_request", `${name}: expected ${field.expected}, got ${shown}`);
    }
    if (read !== null) values[name] = read;
  }
  for (const [name, { required, expected }] of Object.entries(fields)) {
    if (required === true && !Object.hasOwn(values, name)) {
      throw new ApiError("bad_request", `${name}: expected ${expected}, got nothing`);
    }
  }
  return values as FieldValues<F>;
}

/** What the OpenAPI document says of a body with these fields. */
export function bodySchemaOf(fields: BodyFields): Schema {
  const properties = Object.entries(fields).map(([name, { description, schema, required }]) => [
    name,
    { ...schema, type: required === true ? schema.type : [schema.type, "null"], description },
  ]);
  const required = Object.keys(fields).filter((name) => fields[name]?.required === true);
  return { ...objectSchema(Object.fromEntries(properties)), required };
}

/** A text on one line for people, such as a name or a reason. */
export function lineField(most: number, description: string): BodyField<string> {
  return {
    description,
    schema: { type: "string", minLength: 1, maxLength: most },
    expected: `a text of 1 to ${most} characters on one line`,
    read: (value) => {
      if (typeof value !== "string") return undefined;
      const text = value.trim();
      const length = [...text].length;
      return length >= 1 && length <= most && !/[\p{Cc}\p{Cs}]/u.test(text) ? text : undefined;
    },
  };
}

/** Several such texts. */
export function linesField(
  [least, most]: readonly [number, number],
  longest: number,
  description: string,
): BodyField<readonly string[]> {
  const line = lineField(longest, "");
  return {
    description,
    schema: { type: "array", minItems: least, maxItems: most, items: line.schema },
    expected: `a list of ${least} to ${most} texts of 1 to ${longest} characters on one line`,
    read: (value) => {
      if (!Array.isArray(value) || value.length < least || value.length > most) return undefined;
      const lines = value.map((one) => line.read(one));
      return lines.every((one) => one !== undefined) ? lines : undefined;
    },
  };
}

/** A number of seconds. */
export function secondsField(
  [least, most]: readonly [number, number],
  description: string,
): BodyField<number> {
  return {
    description,
    schema: { type: "number", minimum: least, maximum: most },
    expected: `a number of seconds from ${least} to ${most}`,
    read: (value) => (typeof value === "number" && value >= least && value <= most ? value : undefined),
  };
}

/** The name of the caller, for the history; nobody checks it. */
export const byField = lineField(64, "Who does it, for the history. Nobody checks it.");
