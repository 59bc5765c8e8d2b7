import { ApiError } from "../api-error.js";
import { valuesOf } from "../parameter.js";
import type { Route } from "../route.js";

/** The metrics as text for Prometheus. */
export interface MetricsText {
  readonly contentType: string;
  chunks(): Promise<readonly Buffer[]>;
}

/** So many answers may be on their way: those who scrape and do not read hold the text of their run in memory. */
const maxAnswers = 16;

export function metricsRoute({ metrics }: { readonly metrics: MetricsText }): Route {
  let answers = 0;
  async function* counted(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } finally {
      answers--;
    }
  }
  return {
    path: "/metrics",
    id: "getMetrics",
    summary: "Metrics for Prometheus",
    parameters: {},
    contentType: metrics.contentType,
    schema: { type: "string" },
    errors: ["busy"],
    answer: async ({ query }) => {
      valuesOf(query, {}, 0);
      if (answers >= maxAnswers) throw new ApiError("busy", `${maxAnswers} scrapes are under way already`);
      answers++;
      try {
        return { kind: "chunks", chunks: counted(await metrics.chunks()) };
      } catch (error) {
        answers--;
        throw error;
      }
    },
  };
}
