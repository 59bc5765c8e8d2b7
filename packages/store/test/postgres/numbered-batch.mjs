// Batches that follow from their number, so that whoever lost one can make it again.
const startMs = Date.UTC(2026, 4, 20, 12);

export function numberedBatch(seq) {
  const tsMs = startMs + seq * 17_000;
  const channel = `bot ${seq % 3}`;
  return {
    producer: "numbered",
    epoch: 1,
    seq,
    botMetrics: [
      { tsMs, channel, pid: 1, rssMb: seq / 4, cpuPct: (seq % 9) / 4, featuresJson: "{}", share: 0.5 },
    ],
    llmUsage: [0, 1, 2].map((i) => ({
      tsMs: tsMs + i,
      channel,
      model: `model ${seq % 2}`,
      feature: "chat",
      tokensIn: seq * 3 + i,
      tokensOut: i,
      costUsd: i === 0 ? null : seq / 4,
      latencyMs: 2 ** (seq % 12),
    })),
    statusChanges: [{ tsMs, channel, pid: seq, from: "online", to: "stale", cause: "no heartbeat" }],
    customMetrics: [{ tsMs, channel, metricName: "queue", value: seq }],
  };
}
