import { resolve } from "node:path";
import process from "node:process";
import { openStore, type Retention, type Store, StoreError, usageTotalJson } from "@kissbot/store";
import type { Origin } from "../config/given-value.js";
import { totalsByModel, unpricedModels, type WhyUnpriced } from "../cost/unpriced-models.js";
import { definedOf } from "../defined-members.js";
import { type PointRow, pointFromStored } from "./bot-measurement.js";
import { type BotRow, rowFromStored, type WordsOn } from "./bot-row.js";
import { CommandError } from "./command-error.js";
import { type EventsQuestion, eventFromStored } from "./event-row.js";
import type { FleetSource, SeriesQuestion, SourceNote, UsageAnswer, UsageQuestion } from "./fleet-answer.js";
import { timestampFromMs } from "./quantity-text.js";

type WhyAsked = () => Promise<(model: string) => WhyUnpriced>;

interface StoreTerms {
  /** Who said that it is there. */
  readonly from?: Origin | undefined;
  /** What the config file says of its bots. */
  readonly wordsOn?: WordsOn | undefined;
  /** Why calls of a model have no price. */
  readonly whyUnpriced?: WhyAsked | undefined;
  /** How long the monitor keeps rows; as by default, if not given. */
  readonly retention?: Partial<Retention>;
}

/** The database of a monitor that gives no answer, read only. `because`: why it gives none. */
export async function openStoreSource(
  url: string,
  because: string,
  { from, wordsOn, whyUnpriced, retention = {} }: StoreTerms = {},
): Promise<FleetSource> {
  const path = url.startsWith("memory:") ? url : resolve(process.cwd(), url.replace(/^sqlite:/i, ""));
  if (path === "memory:") {
    throw new CommandError(`${because}; and what a monitor keeps in memory: cannot be read without it`);
  }
  let store: Store;
  try {
    store = await openStore(url, { readOnly: true, openTimeoutMs: 5_000, retention });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandError(
      `${because};\nand its database cannot be read instead: ${error.message}.\n` +
        "Start a monitor with kissbot-monitor start, or say where it is with --http or --store.",
    );
  }
  try {
    return await StoreSource.over(store, path, because, { from, wordsOn, whyUnpriced });
  } catch (error) {
    await store.close();
    throw error instanceof StoreError ? new CommandError(`${path}: ${error.message}`) : error;
  }
}

class StoreSource implements FleetSource {
  readonly note: SourceNote;
  readonly #store: Store;
  readonly #bots: readonly BotRow[];
  readonly #whyUnpriced: WhyAsked;

  static async over(
    store: Store,
    path: string,
    because: string,
    { from, wordsOn, whyUnpriced }: StoreTerms,
  ): Promise<StoreSource> {
    const fleet = await store.fleet();
    const changes = await store.statusHistory({ limit: 10_000 });
    const causes = new Map([...changes].reverse().map((change) => [change.channel, change]));
    const times = [...fleet.map(({ lastSeenMs }) => lastSeenMs), ...changes.map(({ tsMs }) => tsMs)];
    const newestMs = times.reduce<number | null>((newest, ms) => Math.max(newest ?? ms, ms), null);
    const note: SourceNote = {
      kind: "store",
      url: path,
      ...definedOf({ from }),
      newest: timestampFromMs(newestMs),
      because,
    };
    return new StoreSource(
      store,
      note,
      fleet.map((bot) => rowFromStored(bot, causes.get(bot.channel), wordsOn)),
      whyUnpriced ?? (async () => () => ({ provider: null, reason: null, why: null, settle: null })),
    );
  }

  private constructor(store: Store, note: SourceNote, bots: readonly BotRow[], whyUnpriced: WhyAsked) {
    this.#store = store;
    this.note = note;
    this.#bots = bots;
    this.#whyUnpriced = whyUnpriced;
  }

  async health(): Promise<null> {
    return null;
  }

  async bots(): Promise<readonly BotRow[]> {
    return this.#bots;
  }

  async usage(question: UsageQuestion): Promise<UsageAnswer> {
    const { fromMs, toMs, by, channel, model, feature, orderBy, top } = question;
    const filter = definedOf({ channel, model, feature });
    return await readable(async () => {
      const period = this.#store.usagePeriod({ fromMs, toMs });
      const totals = await this.#store.usageTotals({
        ...period,
        groupBy: by,
        top,
        ...filter,
        ...definedOf({ orderBy }),
      });
      const models = await totalsByModel(
        this.#store,
        { ...period, ...filter },
        { groupBy: by, totals, isWhole: totals.length < top },
      );
      const [from, to] = [timestampFromMs(period.fromMs), timestampFromMs(period.toMs)];
      const unpriced = unpricedModels(models, await this.#whyUnpriced());
      return { from, to, usage: totals.map(usageTotalJson), unpriced };
    });
  }

  async bot(channel: string): Promise<BotRow | null> {
    return this.#bots.find((one) => one.channel === channel) ?? null;
  }

  async events(question: EventsQuestion) {
    const { statuses: to, ...rest } = question;
    const query = definedOf({ to, ...rest });
    return (await readable(() => this.#store.statusHistory(query))).map(eventFromStored);
  }

  async series({ channel, fromMs, toMs }: SeriesQuestion): Promise<readonly PointRow[]> {
    const query = { channels: [channel], fromMs, toMs };
    const { series } = await readable(() => this.#store.metricSeries(query));
    return (series[0]?.points ?? []).map(pointFromStored);
  }

  async customMetrics(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** What a store refuses or cannot do is for people. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof StoreError ? new CommandError(error.message) : error;
  }
}
