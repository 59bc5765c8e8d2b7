import { LlmUsageTable } from "@kissbot/store";
import { expect, test } from "vitest";
import { LatencyMetric } from "../../src/metrics/latency-metric.js";
import { LatencyCounts } from "../../src/worker/latency-counts.js";

function report(counts: LatencyCounts, model: string, latencies: readonly (number | null)[]): void {
  const rows = new LlmUsageTable(latencies.length);
  const names = { channel: "a", model, feature: "chat" };
  rows.append(latencies.map((latencyMs) => ({ ...names, tsMs: 1, tokensIn: 1, tokensOut: 1, latencyMs })));
  counts.usageReceived({ rows, from: 0, to: latencies.length });
}

test("latencies are a histogram by model and feature, a quote in a name included [cost/C15]", async () => {
  const counts = new LatencyCounts();
  report(counts, 'g"pt', [100, 101, 999, 120_000, 120_001, null]);
  const text = Buffer.concat([...(await new LatencyMetric({ latencies: () => counts }).text())]).toString();
  const labels = 'model="g\\"pt",feature="chat"';
  for (const [le, count] of [
    ["0.1", 1],
    ["0.25", 2],
    ["0.5", 2],
    ["1", 3],
    ["60", 3],
    ["120", 4],
    ["+Inf", 5],
  ]) {
    expect(text).toContain(`kissbot_llm_latency_seconds_bucket{${labels},le="${le}"} ${count}\n`);
  }
  expect(text).toContain(`kissbot_llm_latency_seconds_count{${labels}} 5\n`);
  expect(text).toMatch(/_sum\{.*\} 241\.2/);
});

test("names that bots make up make 200 histograms, and one of the rest [cost/C15]", () => {
  const counts = new LatencyCounts();
  for (let i = 0; i < 250; i++) report(counts, `m${i}`, [5]);
  const found = [...counts];
  expect(found).toHaveLength(201);
  expect(found.at(-1)).toMatchObject({ model: "other", feature: "other", count: 50 });
});
