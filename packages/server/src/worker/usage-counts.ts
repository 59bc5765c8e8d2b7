import { type LlmUsageTable, usageErrors } from "@kissbot/store";
import { entryOf } from "../nested-map.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { DrainedUsage, UsageListener } from "./usage-listener.js";

/**
 * A metric of LLM calls: its values are told apart by one label beside channel, model and feature.
 */
interface UsageFamily {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly values: readonly string[];
  /**
   * Which values have a line only once they have counted something: the `rest` after the first,
   * where there are many and most never do; or `all`, where 0 would say more than is known.
   */
  readonly sparse?: "rest" | "all";
}

/** A family, and how it counts a row into its values, which begin at `first`. */
interface CountedFamily extends UsageFamily {
  readonly count: (values: number[], first: number, columns: LlmUsageTable["columns"], row: number) => void;
}

const outcomes: readonly string[] = ["ok", ...usageErrors];
const placeOf: ReadonlyMap<string, number> = new Map(outcomes.map((outcome, place) => [outcome, place]));

/** Where the price with this number comes from. */
type SourceOf = (priceId: number) => "config" | "table";

const sources = ["told", "config", "table"] as const;

/** Every metric of LLM calls. */
const familiesOf = (sourceOf: SourceOf): readonly CountedFamily[] => [
  {
    name: "kissbot_llm_tokens_total",
    help: "Tokens of LLM calls: in, what was sent; out, what was answered.",
    label: "direction",
    values: ["in", "out"],
    count: (values, first, { tokensIn, tokensOut }, row) => {
      values[first] = (values[first] as number) + tokensIn.numberAt(row);
      values[first + 1] = (values[first + 1] as number) + tokensOut.numberAt(row);
    },
  },
  {
    name: "kissbot_llm_calls_total",
    help: "LLM calls by outcome: ok, or the error.",
    label: "outcome",
    values: outcomes,
    sparse: "rest",
    count: (values, first, { error }, row) => {
      // The queue leaves no error that is not known.
      const at = first + (placeOf.get(error.at(row) ?? "ok") as number);
      values[at] = (values[at] as number) + 1;
    },
  },
  {
    name: "kissbot_llm_cost_usd_total",
    help: "Known cost of LLM calls in US dollars: told by the bot, or by a price of the config or of the table.",
    label: "source",
    values: sources,
    sparse: "all",
    count: (values, first, { costUsd, priceId }, row) => {
      if (!costUsd.isKnown(row)) return;
      const source = priceId.isKnown(row) ? sourceOf(priceId.numberAt(row)) : "told";
      const at = first + sources.indexOf(source);
      values[at] = (values[at] as number) + costUsd.numberAt(row);
    },
  },
];

/** What the calls of one channel, model and feature came to since the monitor's start. */
interface UsageCount {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  /** The values of the families, one family after the other. */
  readonly values: number[];
}

const other = "other";

/**
 * Counts LLM calls for the metrics, by channel, model and feature. Bots choose all three names, so
 * only the first `maxSets` sets of them have counts of their own. The others share `other`; the
 * database has them apart.
 */
export class UsageCounts implements UsageListener, FleetListener {
  readonly listenerName = "usage counts";
  readonly families: readonly CountedFamily[];
  readonly #maxSets: number;
  // A map in a map in a map, and no key that joins the names: a bot that is forgotten takes its
  // counts along at once (measured: `pnpm bench ablation`, `nested-counts`).
  readonly #counts = new Map<string, Map<string, Map<string, UsageCount>>>();
  #sets: UsageCount[] = [];
  #rest: UsageCount | undefined;

  constructor(sourceOf: SourceOf, maxSets = 2_000) {
    this.families = familiesOf(sourceOf);
    this.#maxSets = maxSets;
  }

  usageReceived({ rows, from, to }: DrainedUsage): void {
    const { columns } = rows;
    for (let row = from; row < to; row++) {
      const channel = columns.channel.at(row) as string;
      const model = columns.model.at(row) as string;
      const feature = columns.feature.at(row) as string;
      const one =
        this.#counts.get(channel)?.get(model)?.get(feature) ?? this.#countFor(channel, model, feature);
      let first = 0;
      for (const { count, values } of this.families) {
        count(one.values, first, columns, row);
        first += values.length;
      }
    }
  }

  /** Its own counts end; what was counted under `other` stays there. */
  botForgotten({ channel }: Pick<Bot, "channel">): void {
    if (this.#counts.delete(channel)) this.#sets = this.#sets.filter((one) => one.channel !== channel);
  }

  *[Symbol.iterator](): IterableIterator<UsageCount> {
    yield* this.#sets;
    if (this.#rest !== undefined) yield this.#rest;
  }

  #countFor(channel: string, model: string, feature: string): UsageCount {
    const isOther = channel === other && model === other && feature === other;
    if (isOther || this.#sets.length >= this.#maxSets) {
      this.#rest ??= { channel: other, model: other, feature: other, values: this.#zeros() };
      return this.#rest;
    }
    const one = { channel, model, feature, values: this.#zeros() };
    const models = entryOf(this.#counts, channel);
    entryOf(models, model).set(feature, one);
    this.#sets.push(one);
    return one;
  }

  #zeros(): number[] {
    return this.families.flatMap(({ values }) => values.map(() => 0));
  }
}
