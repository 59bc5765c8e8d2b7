import { valuesOf } from "../parameter.js";
import { jsonType, type Route } from "../route.js";

/** The fleet in a few numbers, from memory: a reader of the stream is told the same. */
export function summaryRoute({ summary }: { readonly summary: { text(): Promise<string> } }): Route {
  return {
    path: "/api/v1/summary",
    id: "getSummary",
    summary: "The fleet and the monitor in a few numbers",
    parameters: {},
    contentType: jsonType,
    schema: { $ref: "#/components/schemas/Summary" },
    errors: [],
    answer: async ({ query }) => {
      valuesOf(query, {}, 0);
      return { kind: "text", text: await summary.text() };
    },
  };
}
