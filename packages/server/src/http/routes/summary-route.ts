import type { Route } from "../route.js";

/** The fleet in a few numbers, from memory; the stream sends the same. */
export function summaryRoute({ summary }: { readonly summary: { text(): Promise<string> } }): Route {
  return {
    path: "/api/v1/summary",
    id: "getSummary",
    summary: "The fleet and the monitor in a few numbers",
    schema: { $ref: "#/components/schemas/Summary" },
    answer: async () => ({ kind: "text", text: await summary.text() }),
  };
}
