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
    return `/** ${schema.description} */\nexport interface ${title} {\n${fields.join("\n")}\n}\n`;
  });
  const titles = Object.keys(messages);
  return [
    "// Made from schema/ by `pnpm generate`; not to be edited.\n",
    ...interfaces,
    "/** Any message of protocol 1; `type` tells which. */",
    `export type Message = ${titles.join(" | ")};\n`,
  ].join("\n");
}

function typeOf(schema: TSchema): string {
  if (TypeGuard.IsLiteral(schema)) return JSON.stringify(schema.const);
  // An optional field; decoding leaves `null` out and encoding takes it for absent, so the type need not have it.
  if (TypeGuard.IsUnion(schema))
    return schema.anyOf
      .filter((one) => !TypeGuard.IsNull(one))
      .map(typeOf)
      .join(" | ");
  if (schema["type"] === "string") return "string";
  if (schema["type"] === "integer" || schema["type"] === "number") return "number";
  if (schema["type"] === "boolean") return "boolean";
  if (schema["type"] === "object") return "Record<string, boolean>";
  throw new TypeError(`no TypeScript type for ${JSON.stringify(schema)}`);
}
