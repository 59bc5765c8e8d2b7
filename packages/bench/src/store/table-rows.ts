import type { BotMetric, LlmUsage } from "@kissbot/store";

/** 200 bots that report in turn, some seconds apart in all: what a fleet sends. */
const bots = 200;
const channels = Array.from({ length: bots }, (_, i) => `channel_${i}`);
const models = ["model-a", "model-b", "model-c"];
const features = ["chat", "title", "moderation", "translation"];

export function usageAt(i: number, startMs: number): LlmUsage {
  return {
    tsMs: startMs + i * 5,
    channel: channels[(i * 7919) % bots] as string,
    model: models[i % models.length] as string,
    feature: features[i % features.length] as string,
    tokensIn: 100 + (i % 900),
    tokensOut: 20 + (i % 80),
    latencyMs: i % 10 === 0 ? null : 300 + (i % 700),
  };
}

/** Every bot once per 15 s. */
export function metricAt(i: number, startMs: number): BotMetric {
  return {
    tsMs: startMs + Math.floor(i / bots) * 15_000 + (i % bots),
    channel: channels[i % bots] as string,
    pid: 1_000 + (i % bots),
    rssMb: 50 + (i % 40) / 4,
    cpuPct: (i % 100) / 4,
    featuresJson: '{"chat":true,"moderation":false}',
  };
}
