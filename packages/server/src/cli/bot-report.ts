import type { UsageTotalJson } from "@kissbot/store";
import { type BotLife, livesFrom } from "./bot-life.js";
import { type BotMeasurement, type CustomMetricRow, measurementOf } from "./bot-measurement.js";
import type { BotRow } from "./bot-row.js";
import { CommandError } from "./command-error.js";
import type { FleetSource } from "./fleet-answer.js";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Enough for a crash loop of many hours, in a part of a second. */
const mostEvents = 1_000;

/** What is known of one bot. What the history cannot tell now is null. */
export interface BotReport {
  readonly bot: BotRow;
  /** Its processes, the newest first. */
  readonly lives: readonly BotLife[] | null;
  readonly last_hour: BotMeasurement | null;
  readonly last_24_h: BotMeasurement | null;
  readonly custom_metrics: readonly CustomMetricRow[] | null;
  /** LLM calls of the last 24 hours by model and feature, and their sum. */
  readonly usage: { readonly rows: readonly UsageTotalJson[]; readonly total: UsageTotalJson | null } | null;
}

/**
 * `say` hears what could not be read: how the bot is comes from memory, its history from a store
 * that may be away.
 */
export async function reportOf(
  bot: BotRow,
  source: FleetSource,
  nowMs: number,
  say: (missing: string) => void,
): Promise<BotReport> {
  const { channel } = bot;
  const part = async <T>(what: string, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      say(`${what} cannot be read: ${error.message}`);
      return null;
    }
  };
  const toMs = Math.ceil(nowMs) + 1;
  const measured = (spanMs: number) =>
    part("what it takes", async () =>
      measurementOf(await source.series({ channel, fromMs: toMs - spanMs, toMs })),
    );
  return {
    bot,
    lives: await part("its history", async () =>
      livesFrom(await source.events({ channel, limit: mostEvents }), nowMs),
    ),
    last_hour: await measured(hourMs),
    last_24_h: await measured(dayMs),
    custom_metrics: await part("its own metrics", () => source.customMetrics(channel)),
    usage: await part("its LLM calls", async () => {
      const question = { fromMs: toMs - dayMs, toMs, channel, model: undefined, top: 1_000 };
      const { usage: rows } = await source.usage({ ...question, by: ["model", "feature"] });
      const { usage } = await source.usage({ ...question, by: [] });
      return { rows, total: usage[0] ?? null };
    }),
  };
}
