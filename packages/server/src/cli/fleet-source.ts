import { BotWordBook } from "../config/bot-words.js";
import { type KeptDays, retentionFrom } from "../config/kept-days.js";
import type { Settings } from "../config/settings.js";
import type { PriceBook } from "../cost/price-book.js";
import { whyUnpriced } from "../cost/unpriced-models.js";
import { ApiClient, ApiUnusable } from "./api-client.js";
import type { CommandContext, Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { type CommandSettings, settingsOf } from "./command-settings.js";
import type { FleetSource, SourceNote } from "./fleet-answer.js";
import { MonitorSource } from "./monitor-source.js";
import { placeText } from "./place-note.js";
import { spanSince } from "./quantity-text.js";
import { openStoreSource } from "./store-source.js";

export type { FleetSource, SourceNote, UsageQuestion } from "./fleet-answer.js";

type SourceSettings = Pick<Settings, "http" | "httpToken" | "store"> &
  KeptDays &
  Partial<Pick<CommandSettings, "origins" | "bots" | "prices" | "defaultProvider">>;

/** The running monitor if one answers, else its database, read only. */
export async function openFleetSource(settings: SourceSettings): Promise<FleetSource> {
  const monitor = await openMonitorSource(settings);
  if (typeof monitor !== "string") return monitor;
  const book = new BotWordBook(settings.bots ?? []);
  const wordsOn = (channel: string) => book.wordsOn(channel);
  return await openStoreSource(settings.store, monitor, {
    from: settings.origins?.store,
    wordsOn,
    retention: retentionFrom(settings),
    whyUnpriced: async () => whyUnpriced(null, await pricesOf(settings), Date.now()),
  });
}

/** Opens the source that the options name, asks it, and closes it. */
export async function askFleet<T>(
  context: CommandContext,
  options: Options,
  ask: (source: FleetSource) => Promise<T>,
): Promise<T> {
  const source = await openFleetSource(await settingsOf(context, options));
  try {
    return await ask(source);
  } finally {
    await source.close();
  }
}

/** The prices of a monitor with these settings; null if a monitor would refuse them. */
async function pricesOf({
  store,
  prices = [],
  defaultProvider = null,
}: SourceSettings): Promise<PriceBook | null> {
  const { openPrices } = await import("../open-prices.js");
  const opened = await openPrices({ store, prices, defaultProvider }).catch(() => null);
  return opened?.book ?? null;
}

/** The running monitor, or the reason if none answers. Rejects if the monitor refuses to answer. */
export async function openMonitorSource({
  http,
  httpToken,
  origins,
}: Pick<SourceSettings, "http" | "httpToken" | "origins">): Promise<FleetSource | string> {
  if (http === null) return "HTTP is off";
  const client = new ApiClient(http, httpToken);
  try {
    const health = await client.json("/healthz");
    if (typeof health["status"] !== "string") {
      throw new ApiUnusable("stranger", `what answers at ${client.url} is not a KissBot monitor`);
    }
    return new MonitorSource(client, origins?.http);
  } catch (error) {
    if (!(error instanceof ApiUnusable)) throw error;
    if (error.kind === "refused") throw new CommandError(error.message);
    return error.message;
  }
}

/**
 * The note on stderr: where the answer comes from, and which setting named it. Null if a flag did.
 */
export function sourceText({ kind, url, from }: SourceNote): string | null {
  if (from === undefined || from.kind === "flag") return null;
  return placeText(kind === "monitor" ? "Monitor" : "Database", url, from);
}

/** The note on stderr if the answer may be old; null if it is not. */
export function ageText(note: SourceNote, nowMs: number): string | null {
  if (note.kind === "monitor") return null;
  const age =
    note.newest === null ? "it is empty" : `its newest entry is ${spanSince(note.newest, nowMs)} old`;
  return `${note.because}. Read from ${note.url} instead; ${age}.`;
}
