import { labelsOf } from "./exposition.js";
import type { MetricSources } from "./metric-sources.js";

const name = "kissbot_llm_latency_seconds";

/** How long LLM calls took, by model and feature. */
export class LatencyMetric {
  readonly #latencies: MetricSources["latencies"];

  constructor({ latencies }: Pick<MetricSources, "latencies">) {
    this.#latencies = latencies;
  }

  async text(): Promise<readonly Buffer[]> {
    const counts = this.#latencies();
    const lines = [
      `# HELP ${name} How long LLM calls took, of those whose bots tell it, by model and feature.`,
      `# TYPE ${name} histogram`,
    ];
    for (const { model, feature, cumulative, count, sumS } of counts) {
      const labels = labelsOf({ model, feature });
      const open = `${name}_bucket${labels.slice(0, -1)}`;
      for (const [at, bound] of counts.bounds.entries()) {
        lines.push(`${open},le="${bound}"} ${cumulative[at] ?? 0}`);
      }
      lines.push(`${open},le="+Inf"} ${count}`);
      // Latencies of any size are taken; their sum may be past a number.
      lines.push(
        `${name}_sum${labels} ${Number.isFinite(sumS) ? sumS : "+Inf"}`,
        `${name}_count${labels} ${count}`,
      );
    }
    return [Buffer.from(`${lines.join("\n")}\n`)];
  }
}
