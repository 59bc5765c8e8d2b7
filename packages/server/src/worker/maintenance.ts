import { type MaintenanceReport, type Store, StoreError } from "@kissbot/store";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { StoreProblem } from "./store-problem.js";

export interface MaintenanceOptions {
  readonly store: () => Store | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A minute: NTP may still have to set the clock. */
  readonly firstMs?: number;
  /** An hour. */
  readonly intervalMs?: number;
}

/**
 * Has the store roll up and delete what is past its retention: a minute after the start, then every
 * hour. A round that fails is logged and left to the next.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  #timer: NodeJS.Timeout | undefined;
  #problem: StoreProblem | null = null;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  /** Rows are past their retention and stay, since the clock is not believed. */
  problem(): StoreProblem | null {
    return this.#problem;
  }

  async start(): Promise<void> {
    this.#timer ??= setTimeout(this.#round, this.#options.firstMs ?? 60_000);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #note(withheldUntilMs: number | null): void {
    if (withheldUntilMs === null) {
      this.#problem = null;
      return;
    }
    const { logger, clock } = this.#options;
    const until = new Date(withheldUntilMs).toISOString();
    const detail = `the clock has leapt by more than 31 days; nothing is deleted until it has gone on steadily, at ${until}: check it, and keep it set with NTP`;
    if (this.#problem === null) logger.warn({ until }, detail);
    this.#problem = { code: "clock_doubtful", detail, sinceMs: this.#problem?.sinceMs ?? clock.wallMs() };
  }

  readonly #round = async (): Promise<void> => {
    const { store, logger, intervalMs = 3_600_000 } = this.#options;
    try {
      const report = await store()?.maintain();
      if (report !== undefined) logReport(report, logger);
      this.#note(report?.withheldUntilMs ?? null);
    } catch (error) {
      const code = error instanceof StoreError ? error.code : "unknown";
      if (code !== "closed")
        logger.warn(
          { err: error, code },
          "old rows could not be deleted from the database; it is tried again in an hour",
        );
    }
    if (this.#timer !== undefined) this.#timer = setTimeout(this.#round, intervalMs);
  };
}

/** Said where rows were deleted; that averages were made of newer ones is nothing to act on. */
function logReport({ rolledUp, deleted }: MaintenanceReport, logger: Logger): void {
  const rows = Object.values(deleted).reduce((sum, count) => sum + count, 0);
  const fields = {
    deleted: rows,
    samples: deleted.botMetrics,
    minute_averages: deleted.minutes,
    hour_averages: deleted.hours,
    custom_metrics: deleted.customMetrics,
    status_changes: deleted.statusChanges,
    llm_calls: deleted.llmUsage,
    monitor_runs: deleted.runs,
    alerts: deleted.alerts,
    notices: deleted.notices,
    silences: deleted.silences,
    summarized: rolledUp,
  };
  if (rows > 0) logger.info(fields, "rows past their retention were deleted from the database");
  else logger.debug(fields, "no row in the database is past its retention");
}
