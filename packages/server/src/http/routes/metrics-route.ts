import { ApiError } from "../api-error.js";
import type { Route } from "../route.js";

/** The metrics as text for Prometheus. */
export interface MetricsText {
  readonly contentType: string;
  /** Those who ask at about the same time get the same chunks. */
  chunks(): Promise<readonly Buffer[]>;
  /** When all who got them are done. */
  giveBack(chunks: readonly Buffer[]): void;
}

/**
 * So many answers may be on their way: those who scrape and do not read hold the text of their run
 * in memory.
 */
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
