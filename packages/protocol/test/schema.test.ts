import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSchemaDocument, messages } from "../schema/message.js";
import { decodeLine } from "../src/index.js";
import { mutatedObject, wireObject } from "./arbitrary.js";
import { chunkOf, type DecodeFixture, readCases } from "./fixture.js";

const shipped = JSON.parse(readFileSync(new URL("../schema.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ allErrors: true, strict: true });
ajv.addSchema(shipped);
const validatorOfType = new Map(
  Object.entries(messages).map(([title, schema]) => [
    schema.properties.type.const as string,
    {
      validate: ajv.compile({ $ref: `${shipped.$id}#/$defs/${title}` }),
      fields: Object.keys(schema.properties),
    },
  ]),
);
const validateMessage = ajv.compile({ $ref: shipped.$id });

test("schema.json is what the schemas give; otherwise run `pnpm generate`", () => {
  expect(shipped).toEqual(createSchemaDocument());
});

describe("the validator agrees with ajv on the shipped schema", () => {
  const verdicts = { accepted: 0, rejected: 0 };

  function check(object: Record<string, unknown>): void {
    const text = JSON.stringify(object);
    compare(JSON.parse(text), text);
  }

  function compare(value: { type: string }, text: string): void {
    const result = decodeLine(new TextEncoder().encode(text));
    expect(result.ok, text).toBe(validateMessage(value));
    verdicts[result.ok ? "accepted" : "rejected"]++;
    if (result.ok || result.reason !== "invalid_field") return;
    const judge = validatorOfType.get(value.type);
    expect(judge, text).toBeDefined();
    judge?.validate(value);
    const bad = new Set((judge?.validate.errors ?? []).map(fieldOf));
    expect(result.field, text).toBe(judge?.fields.find((field) => bad.has(field)));
  }

  test("over every line of the fixtures that is a JSON object", () => {
    verdicts.accepted = 0;
    verdicts.rejected = 0;
    for (const { chunks, large } of readCases<DecodeFixture>("decode")) {
      if (large) continue;
      for (const line of new TextDecoder().decode(chunkOf(chunks.flat())).split("\n")) {
        const result = decodeLine(new TextEncoder().encode(line));
        // What a schema cannot say: bytes, lengths, nesting. Everything from the type on is both
        // validators' to judge.
        const beyond = ["line_too_long", "invalid_utf8", "invalid_json", "not_an_object", "too_deep"];
        if (result.ok || !beyond.includes(result.reason)) compare(JSON.parse(line), line);
      }
    }
    expect(verdicts.accepted).toBeGreaterThan(500);
    expect(verdicts.rejected).toBeGreaterThan(500);
  });

  test("over 4 000 generated messages", () => {
    fc.assert(fc.property(wireObject, check), { numRuns: 4_000 });
    expect(verdicts.accepted).toBeGreaterThan(1_000);
  });

  test("over 12 000 mutations, down to the field that is named [R-5]", () => {
    verdicts.accepted = 0;
    verdicts.rejected = 0;
    fc.assert(fc.property(mutatedObject, check), { numRuns: 12_000 });
    expect(verdicts.accepted).toBeGreaterThan(1_000);
    expect(verdicts.rejected).toBeGreaterThan(4_000);
  });
});

function fieldOf(error: ErrorObject): string {
  if (error.instancePath !== "") return error.instancePath.split("/")[1] ?? "";
  return error.params["missingProperty"] ?? "";
}
