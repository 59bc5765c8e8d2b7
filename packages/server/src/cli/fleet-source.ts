import { resolve } from "node:path";
import process from "node:process";
import {
  openStore,
  type Store,
  StoreError,
  type UsageKey,
  type UsageTotalJson,
  usageTotalJson,
} from "@kissbot/store";
import type { Settings } from "../config/settings.js";
import { ApiClient, ApiUnusable } from "./api-client.js";
import { type BotRow, rowFromStored } from "./bot-row.js";
import { CommandError } from "./command-error.js";
import type { HealthRow } from "./health-row.js";
import { spanSince, timestampFromMs } from "./quantity-text.js";

export interface UsageQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: readonly UsageKey[];
  readonly channel: string | undefined;
  readonly model: string | undefined;
  /** At most so many groups. */
  readonly top: number;
}

export interface UsageAnswer {
  /**
   * The period that it is of: wider than what was asked for where single calls were deleted
   * already.
   */
  readonly from: string;
  readonly to: string;
  readonly usage: readonly UsageTotalJson[];
}

/** Where an answer comes from, for the person who reads it and as `source` in JSON. */
export type SourceNote =
  | { readonly kind: "monitor"; readonly url: string }
  | {
      readonly kind: "store";
      readonly url: string;
      /** The newest thing that the database knows; null where it is empty. */
      readonly newest: string | null;
      /** Why no monitor was asked. */
      readonly because: string;
    };

/** What can be asked of a fleet. Rejects with `CommandError`. */
export interface FleetSource {
  readonly note: SourceNote;
  /** Null where no monitor runs. */
  health(): Promise<HealthRow | null>;
  bots(): Promise<readonly BotRow[]>;
  usage(question: UsageQuestion): Promise<UsageAnswer>;
  close(): Promise<void>;
}

type SourceSettings = Pick<Settings, "http" | "httpToken" | "store">;

/** The running monitor where one answers, else its database, read only. */
export async function openFleetSource(settings: SourceSettings): Promise<FleetSource> {
  const { http, httpToken, store } = settings;
  if (http === null) return await openStoreSource(store, "HTTP is off");
  const client = new ApiClient(http, httpToken);
  try {
    const health = await client.json("/healthz");
    if (typeof health["status"] !== "string") {
      throw new ApiUnusable("stranger", `what answers at ${client.url} is no KissBot monitor`);
    }
    return new MonitorSource(client);
  } catch (error) {
    if (!(error instanceof ApiUnusable)) throw error;
    if (error.kind === "refused") throw new CommandError(error.message);
    return await openStoreSource(store, error.message);
  }
}

class MonitorSource implements FleetSource {
  readonly note: SourceNote;
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
    this.note = { kind: "monitor", url: client.url };
  }

  async health(): Promise<HealthRow> {
    return (await this.#ask("/healthz")) as unknown as HealthRow;
  }

  async bots(): Promise<readonly BotRow[]> {
    return (await this.#list("/api/v1/bots", "bots")) as BotRow[];
  }

  async usage({ fromMs, toMs, by, channel, model, top }: UsageQuestion): Promise<UsageAnswer> {
    const query = new URLSearchParams({ from: `${fromMs}`, to: `${toMs}`, top: `${top}` });
    if (by.length > 0) query.set("group_by", by.join(","));
    if (channel !== undefined) query.set("channel", channel);
    if (model !== undefined) query.set("model", model);
    const path = `/api/v1/llm-usage?${query}`;
    const { from, to, usage } = await this.#ask(path);
    if (typeof from !== "string" || typeof to !== "string" || !Array.isArray(usage))
      throw new CommandError(`${this.#client.url}${path} answers without from, to or usage`);
    return { from, to, usage: usage as UsageTotalJson[] };
  }

  async close(): Promise<void> {}

  async #list(path: string, name: string): Promise<unknown[]> {
    const list = (await this.#ask(path))[name];
    if (!Array.isArray(list)) throw new CommandError(`${this.#client.url}${path} answers without ${name}`);
    return list;
  }

  async #ask(path: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.#client.json(path);
    } catch (error) {
      throw error instanceof ApiUnusable ? new CommandError(error.message) : error;
    }
  }
}

async function openStoreSource(url: string, because: string): Promise<FleetSource> {
  const path = url.startsWith("memory:") ? url : resolve(process.cwd(), url.replace(/^sqlite:/i, ""));
  if (path === "memory:") {
    throw new CommandError(`${because}; and what a monitor keeps in memory: cannot be read without it`);
  }
  let store: Store;
  try {
    store = await openStore(url, { readOnly: true, openTimeoutMs: 5_000 });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandError(
      `${because};\nand its database cannot be read instead: ${error.message}.\n` +
        "Start a monitor with kissbot-monitor start, or say where it is with --http or --store.",
    );
  }
  try {
    return await StoreSource.over(store, path, because);
  } catch (error) {
    await store.close();
    throw error instanceof StoreError ? new CommandError(`${path}: ${error.message}`) : error;
  }
}

class StoreSource implements FleetSource {
  readonly note: SourceNote;
  readonly #store: Store;
  readonly #bots: readonly BotRow[];

  static async over(store: Store, path: string, because: string): Promise<StoreSource> {
    const fleet = await store.fleet();
    const changes = await store.statusHistory({ limit: 10_000 });
    const causes = new Map([...changes].reverse().map((change) => [change.channel, change]));
    const times = [...fleet.map(({ lastSeenMs }) => lastSeenMs), ...changes.map(({ tsMs }) => tsMs)];
    const newestMs = times.reduce<number | null>((newest, ms) => Math.max(newest ?? ms, ms), null);
    const note = { kind: "store", url: path, newest: timestampFromMs(newestMs), because } as const;
    return new StoreSource(
      store,
      note,
      fleet.map((bot) => rowFromStored(bot, causes.get(bot.channel))),
    );
  }

  private constructor(store: Store, note: SourceNote, bots: readonly BotRow[]) {
    this.#store = store;
    this.note = note;
    this.#bots = bots;
  }

  async health(): Promise<null> {
    return null;
  }

  async bots(): Promise<readonly BotRow[]> {
    return this.#bots;
  }

  async usage({ fromMs, toMs, by, channel, model, top }: UsageQuestion): Promise<UsageAnswer> {
    const filter = {
      ...(channel === undefined ? {} : { channel }),
      ...(model === undefined ? {} : { model }),
    };
    try {
      const period = this.#store.usagePeriod({ fromMs, toMs });
      const totals = await this.#store.usageTotals({ ...period, groupBy: by, top, ...filter });
      const [from, to] = [timestampFromMs(period.fromMs), timestampFromMs(period.toMs)];
      return { from, to, usage: totals.map(usageTotalJson) };
    } catch (error) {
      throw error instanceof StoreError ? new CommandError(error.message) : error;
    }
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** Said on stderr where the answer may be old. */
export function ageText(note: SourceNote, nowMs: number): string | null {
  if (note.kind === "monitor") return null;
  const age =
    note.newest === null ? "it is empty" : `its newest entry is ${spanSince(note.newest, nowMs)} old`;
  return `${note.because}. Read from ${note.url} instead; ${age}.`;
}
