import type { Period } from "@kissbot/store";
import type { HostsReader } from "../fleet/hosts-view.js";
import { ApiError } from "./api-error.js";
import {
  type AskedScope,
  assertLocal,
  chooseHosts,
  type HostsSource,
  type Place,
  placeOf,
  type Scope,
} from "./scope.js";
import { type Question, StoreReader, type StoreReads } from "./store-reads.js";

/** What can be asked of one host and of all. */
export type ScopedReads = Pick<
  StoreReads,
  "statusHistory" | "metricSeries" | "fleetSeries" | "customSeries" | "usageList"
> & {
  /** The period that `usageList` answers for this one, as in `Store`. */
  usagePeriod(period: Period): Period | Promise<Period>;
};

export interface ScopedStoreOptions {
  readonly store: Pick<StoreReader, "ask">;
  /** Null where no fleet database is set. */
  readonly hosts: HostsSource | null;
  readonly defaultScope: Scope;
  readonly nowMs: () => number;
  readonly timeoutMs?: number;
}

/** Asks the own store, or the database of several hosts. */
export class ScopedStore {
  readonly #options: ScopedStoreOptions;
  readonly #shared: StoreReader<ScopedReads>;

  constructor(options: ScopedStoreOptions) {
    this.#options = options;
    const { timeoutMs } = options;
    const reads = () => this.#readsOf(null);
    this.#shared = new StoreReader(timeoutMs === undefined ? { reads } : { reads, timeoutMs });
  }

  /**
   * The answer, and where it is from. Where the database of all hosts does not answer, this
   * monitor's own rows are the answer, and it says so; not where `hasIds`, as ids of rows are
   * others there. Rejects with an `ApiError`.
   */
  async ask<T>(
    asked: AskedScope,
    question: Question<ScopedReads, T>,
    { hasIds = false }: { readonly hasIds?: boolean } = {},
  ): Promise<{ readonly found: T; readonly place: Place | null }> {
    const { store, hosts, defaultScope } = this.#options;
    if (hosts === null) {
      assertLocal(asked);
      return { found: await store.ask(question), place: null };
    }
    const { scope, host } = await chooseHosts(hosts, asked, defaultScope);
    if (scope === "fleet" && host?.isOwn !== true) {
      const isAsked = host !== null || hosts.status !== "away";
      try {
        if (isAsked) {
          const found = await this.#shared.ask((all, assertAsked) =>
            question(host === null ? all : this.#readsOf(host.hostNo), assertAsked),
          );
          return { found, place: placeOf(hosts, "fleet") };
        }
      } catch (error) {
        const isAway = error instanceof ApiError && awayCodes.includes(error.code);
        if (!isAway || host !== null || hosts.own === null) throw error;
      }
      if (hasIds) throw new ApiError("store_unavailable", noIdsText);
    }
    // A hub has no rows of its own that could be the answer.
    if (scope === "fleet" && hosts.own === null)
      throw new ApiError("store_unavailable", hosts.detail ?? "the fleet database does not answer");
    return { found: await store.ask(question), place: placeOf(hosts, "local") };
  }

  #readsOf(hostNo: number | null): ScopedReads {
    const { hosts, nowMs } = this.#options;
    const ask = <T>(question: (reader: HostsReader) => Promise<T>): Promise<T> => {
      if (hosts === null) throw new Error("no fleet database is set");
      return hosts.ask(question);
    };
    return {
      statusHistory: (query = {}) => ask((reader) => reader.statusHistory(hostNo, query)),
      metricSeries: (query) => ask((reader) => reader.metricSeries(hostNo, query, nowMs())),
      fleetSeries: (query) => ask((reader) => reader.fleetSeries(hostNo, query, nowMs())),
      customSeries: (query) => ask((reader) => reader.customSeries(hostNo, query)),
      usageList: (query) => ask((reader) => reader.usageTotals(hostNo, query, nowMs())),
      usagePeriod: (period) => ask((reader) => reader.usagePeriod(period, nowMs())),
    };
  }
}

const noIdsText =
  "the fleet database does not answer, and the ids that were given are its own; ask again later, or with scope=local for the rows and ids of this monitor";
const awayCodes: readonly string[] = ["store_unavailable", "store_timeout", "busy"];
