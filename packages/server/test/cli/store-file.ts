import { type BotRecord, openStore } from "@kissbot/store";
import { nowMs } from "./bot.js";

/**
 * A database as a monitor leaves it: a dead bot, an online one, and five LLM calls, of which some
 * have a cost and one failed.
 */
export async function writeStoreFile(path: string): Promise<void> {
  const store = await openStore(path);
  const record = (channel: string, status: BotRecord["status"], seenMs: number): BotRecord => ({
    channel,
    pid: 11,
    status,
    featuresJson: '{"chat":true}',
    registeredAtMs: nowMs - 600_000,
    lastSeenMs: seenMs,
    statusSinceMs: seenMs,
    restarts: 2,
  });
  const call = (model: string, costUsd: number | null) => ({
    tsMs: nowMs - 60_000,
    channel: "alpha",
    model,
    feature: "chat",
    tokensIn: 1_000,
    tokensOut: 10,
    ...(costUsd === null ? {} : { costUsd }),
    ...(costUsd === null ? {} : { latencyMs: 500 }),
  });
  await store.write({
    producer: "test",
    epoch: 1,
    seq: 1,
    bots: [record("alpha", "online", nowMs - 180_000), record("beta", "dead", nowMs - 240_000)],
    statusChanges: [
      {
        tsMs: nowMs - 240_000,
        channel: "beta",
        pid: 11,
        from: "online",
        to: "dead",
        cause: "its process is gone",
      },
    ],
    llmUsage: [
      call("gpt", 0.25),
      call("gpt", 0.5),
      call("gpt", null),
      call("gpt", null),
      { ...call("local", null), error: "timeout" },
    ],
  });
  await store.close();
}
