/** A JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const timeSchema = {
  type: "string",
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00$",
  description: "A time in UTC, as in the database.",
  examples: ["2026-05-20T12:00:00.000000+00:00"],
};

export const countSchema = { type: "integer", minimum: 0 };
export const amountSchema = { type: "number", minimum: 0 };
export const textSchema = { type: "string" };
export const statusSchema = { type: "string", enum: ["online", "stale", "dead", "offline"] };

/** The same, or null for unknown. */
export function orNull(
  schema: Schema & { readonly type: string; readonly enum?: readonly unknown[] },
): Schema {
  const values = schema.enum === undefined ? {} : { enum: [...schema.enum, null] };
  return { ...schema, type: [schema.type, "null"], ...values };
}

/** An object in which every property is there and nothing else is. */
export function objectSchema(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    required: Object.keys(properties),
    additionalProperties: false,
    properties,
  };
}

export function mapSchema(values: Schema, description: string): Schema {
  return { type: "object", description, additionalProperties: values };
}

export function listSchema(items: Schema): Schema {
  return { type: "array", items };
}
