import { ApiError } from "../api-error.js";
import type { Route } from "../route.js";

/** The metrics as text for Prometheus. */
export interface MetricsText {
  readonly contentType: string;
  /** Concurrent callers share the same chunks. */
  chunks(): Promise<readonly Buffer[]>;
  /** Call when all callers are done with them. */
  giveBack(chunks: readonly Buffer[]): void;
}

/** Concurrent scrapes allowed. A scraper that does not read keeps its text in memory. */
const maxAnswers = 16;

export function metricsRoute({ metrics }: { readonly metrics: MetricsText }): Route {
  const readers = new Map<readonly Buffer[], number>();
  let answers = 0;
  const leave = (chunks: readonly Buffer[]): void => {
    answers--;
    const left = (readers.get(chunks) ?? 0) - 1;
    if (left > 0) {
      readers.set(chunks, left);
    } else {
      readers.delete(chunks);
      metrics.giveBack(chunks);
    }
  };
  return {
    path: "/metrics",
    id: "getMetrics",
    summary: "Metrics for Prometheus",
    contentType: metrics.contentType,
    schema: { type: "string" },
    errors: ["busy"],
    answer: async () => {
      if (answers >= maxAnswers) throw new ApiError("busy", `${maxAnswers} scrapes are under way already`);
      answers++;
      try {
        const chunks = await metrics.chunks();
        readers.set(chunks, (readers.get(chunks) ?? 0) + 1);
        return { kind: "chunks", chunks: inTurn(chunks), closed: () => leave(chunks) };
      } catch (error) {
        answers--;
        throw error;
      }
    },
  };
}

async function* inTurn(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
