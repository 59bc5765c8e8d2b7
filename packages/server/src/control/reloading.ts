import { changedSettings, keyOfSetting } from "../config/changed-settings.js";
import type { LoadedSettings } from "../config/load-settings.js";
import type { Settings } from "../config/settings.js";
import { UsageError } from "../config/usage-error.js";
import { ApiError } from "../http/api-error.js";
import type { Logger } from "../logger.js";

/** What a part does with new settings. */
export interface Prepared {
  /** Takes them over. It must not fail: other parts have taken theirs. */
  apply(): void | Promise<void>;
  /** Drops what was made ready, where another part says that something is wrong. Never rejects. */
  discard?(): Promise<void>;
  /** What else is new beside settings, in words: `the price table of 2026-11-26`. */
  readonly news?: readonly string[];
}

/** A part of the monitor that takes over settings while it runs. */
export interface ReloadPart {
  /** The settings that it takes over. A change of one that no part names needs a restart. */
  readonly settings: readonly (keyof Settings)[];
  /**
   * Checks the new settings and makes ready what they need, without a change of anything. Null
   * where nothing is to be done. Throws a UsageError that says what is wrong.
   */
  prepare(
    next: LoadedSettings,
    changed: ReadonlySet<keyof Settings>,
  ): Prepared | null | Promise<Prepared | null>;
}

export interface ReloadingOptions {
  /** What the monitor was started with. */
  readonly settings: Settings;
  /** Reads the settings anew, as the start did; throws a UsageError. Null: nobody knows how. */
  readonly read: (() => Promise<LoadedSettings>) | null;
  /** In the order in which they take over. */
  readonly parts: readonly ReloadPart[];
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** What became of a reload. */
export interface Reloaded {
  /** Where there are problems nothing has changed. */
  readonly problems: readonly string[];
  readonly notices: readonly string[];
  /** Absolute; null where there is no config file, or it could not be read. */
  readonly configFile: string | null;
  /** The keys of settings that have other values now, and what else is new. */
  readonly applied: readonly string[];
  /** The keys of settings that have other values in the config than in the monitor that runs. */
  readonly needsRestart: readonly string[];
}

/**
 * Reads the settings anew and hands them to the parts that can take them over in a monitor that
 * runs: all of them, or, where anything is wrong, none. One at a time.
 */
export class Reloading {
  readonly #options: ReloadingOptions;
  /** What the parts of the monitor have. */
  #running: Settings;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloadingOptions) {
    this.#options = options;
    this.#running = options.settings;
  }

  reload(by: string): Promise<Reloaded> {
    const reloaded = this.#last.then(() => this.#reload(by));
    this.#last = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(by: string): Promise<Reloaded> {
    const { read, parts, logger } = this.#options;
    if (read === null)
      throw new ApiError("conflict", "this monitor cannot read its settings anew: restart it");
    const before = this.#running;
    const prepared: Prepared[] = [];
    const left = new Set<Prepared>();
    try {
      const next = await read();
      const { settings } = next;
      const changed = new Set(changedSettings(before, settings));
      // One after the other: each may say what is wrong, and nothing has changed then.
      for (const part of parts) {
        const ready = await part.prepare(next, changed);
        if (ready === null) continue;
        prepared.push(ready);
        left.add(ready);
      }
      for (const one of prepared) {
        left.delete(one);
        await one.apply();
      }
      const taken = new Set(parts.flatMap((part) => part.settings));
      const applied = [...changed].filter((name) => taken.has(name));
      const kept = [...changed].filter((name) => !taken.has(name));
      this.#running = {
        ...settings,
        ...Object.fromEntries(kept.map((name) => [name, before[name]])),
      };
      const stops = next.enabled ? [] : ["enabled: false stops no monitor that runs"];
      const result: Reloaded = {
        problems: [],
        notices: [...next.notices, ...stops],
        configFile: next.configFile?.path ?? null,
        applied: [...applied.map(keyOfSetting), ...prepared.flatMap(({ news = [] }) => news)],
        needsRestart: kept.map(keyOfSetting),
      };
      logger.info(
        { by, config: result.configFile, applied: result.applied, needs_restart: result.needsRestart },
        "the configuration was read anew",
      );
      return result;
    } catch (error) {
      for (const one of left) await one.discard?.();
      if (!(error instanceof UsageError)) throw error;
      const { problems } = error;
      logger.warn({ by, problems }, "the configuration is wrong: the monitor goes on with what it has");
      return { problems, notices: [], configFile: null, applied: [], needsRestart: [] };
    }
  }
}
