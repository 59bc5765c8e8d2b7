import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Deadman } from "./deadman.js";
import { type Signs, whyNotWorking } from "./why-not-working.js";

const lookMs = 1_000;

export interface PulseOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Logger;
  readonly signs: (nowMs: number) => Signs;
  /**
   * Why nothing got through to anybody for a quarter of an hour, though there was news; null where
   * that is not so.
   */
  readonly undelivered: () => string | null;
  /** Tells systemd that the service is alive; null where it does not ask (WATCHDOG_USEC). */
  readonly watchdog: { readonly notify: () => Promise<boolean>; readonly everyMs: number } | null;
}

/** The dead-man switch as it is asked; null where none is set. */
type PulseDeadman = (Pick<Deadman, "ping" | "stop"> & { readonly everyMs: number }) | null;

/**
 * Says to the outside that the monitor does its work, as long as it does. Each second it looks
 * whether that is so.
 */
export class Pulse {
  readonly #options: PulseOptions;
  #deadman: PulseDeadman = null;
  #isStarted = false;
  #timer: NodeJS.Timeout | undefined;
  #pingedMs = Number.NEGATIVE_INFINITY;
  #notifiedMs = Number.NEGATIVE_INFINITY;
  #told: string | null = null;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#isStarted = true;
    this.#watch();
  }

  /** This is the dead-man switch from now on. */
  useDeadman(deadman: PulseDeadman): void {
    this.#deadman?.stop();
    this.#deadman = deadman;
    this.#pingedMs = Number.NEGATIVE_INFINITY;
    this.#watch();
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#watch();
    this.#deadman?.stop();
  }

  #watch(): void {
    const isWanted = this.#isStarted && (this.#deadman !== null || this.#options.watchdog !== null);
    if (isWanted) this.#timer ??= setInterval(() => this.#look(), lookMs);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #look(): void {
    const { clock, signs, undelivered, watchdog, logger } = this.#options;
    const deadman = this.#deadman;
    const nowMs = clock.monotonicMs();
    const found = whyNotWorking(signs(nowMs), nowMs);
    const reason = found?.reason ?? null;
    if (reason !== this.#told) {
      this.#told = reason;
      if (reason !== null) logger.error({ reason }, "nobody outside is told that all is well");
    }
    if (found === null && deadman !== null && nowMs - this.#pingedMs >= deadman.everyMs) {
      this.#pingedMs = nowMs;
      void deadman.ping(undelivered());
    }
    if (found?.isCuredByRestart === true) return;
    if (watchdog !== null && nowMs - this.#notifiedMs >= watchdog.everyMs) {
      this.#notifiedMs = nowMs;
      void watchdog.notify();
    }
  }
}

/** A third of what systemd allows, for this process; null where it does not watch it. */
export function watchdogMsOf(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | null {
  const { WATCHDOG_USEC: allowed = "", WATCHDOG_PID: watched = "" } = environment;
  if (!/^[1-9]\d*$/.test(allowed) || (watched !== "" && watched !== `${pid}`)) return null;
  return Number(allowed) / 3_000;
}
