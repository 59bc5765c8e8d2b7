import { openStore } from "@kissbot/store";

export interface FleetDays {
  readonly path: string;
  readonly bots: number;
  readonly days: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** The default of `--metrics-interval`. */
export const sampleMs = 15_000;
/** As the monitor's writer gathers them. */
const roundsPerCommit = 20;
export const callsPerDay = 96;
export const features = '{"chat":true,"moderation":false}';
/** Each hour of a bot has two sums of its calls: one for each model. */
const models = ["gpt-4o-mini", "claude-haiku-4-5"];

export function channelOf(bot: number): string {
  return `twitch_channel_${bot}`;
}

/**
 * Writes what a monitor writes for a fleet in these days, through the store, in the same commits,
 * and lets the store roll up and delete every hour of them with the default retention.
 */
export async function writeDays({ path, bots, days }: FleetDays): Promise<void> {
  const startMs = Date.UTC(2026, 0, 1);
  let nowMs = startMs;
  await using store = await openStore(path, { now: () => nowMs });
  const life = { producer: "host", epoch: startMs };
  const all = Array.from({ length: bots }, (_, bot) => bot);
  let seq = 0;
  const commitMs = roundsPerCommit * sampleMs;
  const callEvery = dayMs / callsPerDay / commitMs;
  const commits = (days * dayMs) / commitMs;
  for (let commit = 0; commit < commits; commit++) {
    const fromMs = startMs + commit * commitMs;
    nowMs = fromMs + commitMs;
    const isCallDue = commit % callEvery === 0;
    await store.write({
      ...life,
      seq: ++seq,
      botMetrics: all.flatMap((bot) => samplesOf(bot, fromMs)),
      llmUsage: isCallDue ? all.map((bot) => callOf(bot, nowMs, commit / callEvery)) : [],
      customMetrics: isCallDue ? all.map((bot) => customOf(bot, nowMs)) : [],
      statusChanges: (nowMs - startMs) % dayMs === 0 ? all.flatMap((bot) => restartOf(bot, nowMs)) : [],
    });
    if ((nowMs - startMs) % hourMs === 0) await store.maintain();
  }
}

function samplesOf(bot: number, fromMs: number) {
  return Array.from({ length: roundsPerCommit }, (_, round) => ({
    channel: channelOf(bot),
    pid: 100_000 + bot,
    rssMb: 50 + ((bot * 31 + round) % 400) / 4,
    cpuPct: ((bot * 17 + round) % 100) / 4,
    tsMs: fromMs + round * sampleMs,
    featuresJson: features,
  }));
}

function callOf(bot: number, tsMs: number, call: number) {
  return {
    tsMs: tsMs - 1_000 + bot,
    channel: channelOf(bot),
    model: models[call % models.length] as string,
    feature: "chat",
    provider: "openai",
    tokensIn: 1_200 + (call % 100),
    tokensOut: 150 + (call % 50),
    costUsd: 0.000_312_5 * (1 + (call % 7)),
    latencyMs: 800 + ((call * 37) % 4_000) / 4,
  };
}

function customOf(bot: number, tsMs: number) {
  return { tsMs, channel: channelOf(bot), metricName: "queue_length", value: bot + 0.5 };
}

/** A crash and its successor. */
function restartOf(bot: number, tsMs: number) {
  const row = { tsMs, channel: channelOf(bot), pid: 100_000 + bot };
  return [
    { ...row, from: "online", to: "dead", cause: `process ${row.pid} is gone`, causeCode: "process_gone" },
    { ...row, from: "dead", to: "online", cause: `restarted as pid ${row.pid}`, causeCode: "restarted" },
  ] as const;
}
