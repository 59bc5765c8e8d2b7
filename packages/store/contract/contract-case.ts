import type { Retention } from "../src/retention.js";
import type { Capabilities } from "../src/state.js";
import type { Store } from "../src/store.js";

/** What the suite asks an adapter to open a store with: its clock, and what it keeps. */
export interface OpenRequest {
  readonly now: () => number;
  readonly retention: Partial<Retention>;
}

/** One store under test, empty when it is handed over, and the storage behind it. */
export interface OpenedStore {
  readonly store: Store;
  /**
   * For adapters that are `durable`: opens the same storage again, with the same request, after the
   * store was closed.
   */
  readonly reopen?: () => Promise<Store>;
  /** For adapters that have `backup`: opens a copy that `backup(path)` made. */
  readonly openCopy?: (path: string) => Promise<Store>;
  /** Called once after each case, whether the store was closed or not. */
  readonly dispose: () => Promise<void>;
}

export type OpenStoreUnderTest = (request: OpenRequest) => Promise<OpenedStore>;

/** One guarantee: rejects when the store does not keep it. */
export interface ContractCase {
  readonly name: string;
  /** Asked only of adapters that declare this capability. */
  readonly needs?: keyof Capabilities;
  readonly run: (open: OpenStoreUnderTest) => Promise<void>;
}

/** A case over one open store at a clock that the case sets. */
export function contractCase(
  name: string,
  body: (store: Store, bench: Bench) => Promise<void>,
  options: { readonly retention?: Partial<Retention>; readonly needs?: keyof Capabilities } = {},
): ContractCase {
  const { retention = {}, needs } = options;
  return {
    name,
    ...(needs === undefined ? {} : { needs }),
    run: async (open) => {
      const clock = { nowMs: startMs };
      const opened = await open({ now: () => clock.nowMs, retention });
      try {
        await body(opened.store, { ...opened, clock });
      } finally {
        await opened.dispose();
      }
    },
  };
}

export interface Bench extends OpenedStore {
  readonly clock: { nowMs: number };
}

/**
 * The time at which every case begins: noon of a day, so that neither its hour nor its day is a
 * special one.
 */
export const startMs = Date.UTC(2026, 4, 20, 12, 0, 0);
