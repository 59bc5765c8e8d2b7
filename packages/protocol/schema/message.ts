import type { TObject } from "@sinclair/typebox";
import { CustomMetric } from "./custom-metric.js";
import { Heartbeat } from "./heartbeat.js";
import { LlmUsage } from "./llm-usage.js";
import { Register } from "./register.js";
import { Unregister } from "./unregister.js";

/** The messages of protocol 1, in the order of the specification. */
export const messages = { Register, Heartbeat, Unregister, LlmUsage, CustomMetric } satisfies Record<
  string,
  TObject
>;

/** The JSON Schema 2020-12 document that the package ships. */
export function createSchemaDocument(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:kissbot:protocol:1",
    title: "KissBot Monitor protocol 1: one message",
    description:
      "What a line holds once it is parsed as JSON. What a schema cannot say (framing, UTF-8, the length of a line, nesting) stands in the specification. Patterns are Unicode patterns; lengths are code points.",
    oneOf: Object.keys(messages).map((title) => ({ $ref: `#/$defs/${title}` })),
    $defs: Object.fromEntries(
      // TypeBox marks its schemas with symbols; a trip through JSON leaves the plain document.
      Object.entries(messages).map(([title, schema]) => [title, JSON.parse(JSON.stringify(schema))]),
    ),
  };
}
