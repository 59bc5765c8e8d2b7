import type { FleetReader, Forwarding, ForwardStatus } from "@kissbot/store/fleet";
import type { Clock } from "../clock.js";
import type { FleetAddress } from "../config/fleet-address.js";
import type { Logger } from "../logger.js";
import { within } from "../within.js";

const closeMs = 1_000;

export interface FleetKeeperOptions {
  readonly fleet: FleetAddress;
  /** The path of the database whose rows are sent. */
  readonly store: string;
  /** What this host is called there. */
  readonly name: string;
  readonly rowsPerSecond: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface FleetProblem {
  readonly code: "fleet_away" | "fleet_refused";
  readonly detail: string;
  readonly sinceMs: number;
}

/**
 * Keeps this host's rows on their way to the database of several hosts, in a thread of the store's.
 * Nothing waits for it: a database that is slow, gone or hostile is a problem that is shown, and
 * makes nothing here worse.
 */
export class FleetKeeper {
  readonly #options: FleetKeeperOptions;
  #forwarding: Forwarding | null = null;
  #problem: FleetProblem | null = null;
  #isStopped = false;

  constructor(options: FleetKeeperOptions) {
    this.#options = options;
  }

  /** As it was told last, up to a second ago; null before the start. */
  get status(): ForwardStatus | null {
    return this.#forwarding?.status ?? null;
  }

  /** A connection of its own to the same database, to read what other hosts wrote. */
  async openReader(): Promise<FleetReader> {
    const [{ FleetReader: Made }, url] = await Promise.all([
      import("@kissbot/store/fleet"),
      this.#options.fleet.url.reveal(),
    ]);
    return new Made(url);
  }

  /** Starts the thread. Whether the database answers is told later, by `status`. */
  async start(): Promise<void> {
    const { fleet, store, name, rowsPerSecond, logger } = this.#options;
    const [{ startForwarding }, url] = await Promise.all([
      import("@kissbot/store/fleet"),
      fleet.url.reveal(),
    ]);
    if (this.#isStopped) return;
    this.#forwarding = startForwarding({
      store,
      fleet: url,
      name,
      backlogRowsPerSecond: rowsPerSecond,
      onStatus: (status) => this.#become(status),
      onWarning: (sentence) => logger.warn({ fleet: fleet.shown }, `fleet database: ${sentence}`),
    });
  }

  /**
   * Resolves when the thread has ended, or after a second: a database that hangs holds up no stop.
   * What was not sent is sent next time.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#forwarding !== null) await within(this.#forwarding.close(), closeMs);
  }

  /** Why rows wait; never a reason for this monitor to be worse. */
  problem(): FleetProblem | null {
    return this.#problem;
  }

  #become({ state, detail }: ForwardStatus): void {
    const { fleet, clock, logger } = this.#options;
    const before = this.#problem;
    if (state === "away" || state === "refused") {
      const code = state === "away" ? "fleet_away" : "fleet_refused";
      const sentence = `fleet: ${detail ?? "it does not answer"}`;
      this.#problem = { code, detail: sentence, sinceMs: before?.sinceMs ?? clock.wallMs() };
      if (before?.code !== code)
        logger.warn({ fleet: fleet.shown, problem: code, detail }, "rows wait for the fleet database");
    } else if (state !== "connecting") {
      this.#problem = null;
      if (before !== null) logger.info({ fleet: fleet.shown }, "the fleet database takes rows again");
    }
  }
}
