import { type TSchema, TypeGuard } from "@sinclair/typebox";
import { messages } from "./message.js";

/** The messages as plain TypeScript, so that a consumer of the package needs no schema library. */
export function createTypes(): string {
  const interfaces = Object.entries(messages).map(([title, schema]) => {
    const fields = Object.entries(schema.properties as Record<string, TSchema>).map(([field, property]) => {
      const mark = (schema.required as string[] | undefined)?.includes(field) ? "" : "?";
      const doc = property.description === undefined ? "" : `  /** ${property.description} */\n`;
      return `${doc}  ${field}${mark}: ${typeOf(property)}${mark ? " | undefined" : ""};`;
    });
    return `/** ${schema.description} */\nexport interface ${generic(title)} {\n${fields.join("\n")}\n}\n`;
  });
  const titles = Object.keys(messages);
  return [
    "// Made from schema/ by `pnpm generate`; not to be edited.\n",
    ...interfaces,
    "/** Any message of protocol 1; `type` tells which. `F`: the type of the features, for one that is an interface. */",
    `export type Message<F = ${flags}> = ${titles.map((title) => (title === "Register" ? "Register<F>" : title)).join(" | ")};\n`,
    "/** A registration as decoding gives it: it has features, none at the least [M-12]. */",
    `export interface DecodedRegister extends Register {\n  features: ${flags};\n}\n`,
    "/** Any message as decoding gives it. */",
    `export type DecodedMessage = ${titles.map((title) => (title === "Register" ? "DecodedRegister" : title)).join(" | ")};\n`,
  ].join("\n");
}

/**
 * An interface has no index signature, and is thus no dictionary: so the features are a type
 * parameter.
 */
const flags = "Record<string, boolean>";

function generic(title: string): string {
  return title === "Register" ? `Register<F = ${flags}>` : title;
}

function typeOf(schema: TSchema): string {
  if (TypeGuard.IsLiteral(schema)) return JSON.stringify(schema.const);
  // An optional field; decoding leaves `null` out and encoding takes it for absent, so the type
  // need not have it.
  if (TypeGuard.IsUnion(schema))
    return schema.anyOf
      .filter((one) => !TypeGuard.IsNull(one))
      .map(typeOf)
      .join(" | ");
  if (schema["type"] === "string") return "string";
  if (schema["type"] === "integer" || schema["type"] === "number") return "number";
  if (schema["type"] === "boolean") return "boolean";
  if (schema["type"] === "object") return "F";
  throw new TypeError(`no TypeScript type for ${JSON.stringify(schema)}`);
}
