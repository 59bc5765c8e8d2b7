import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { ForgetReason } from "../registry/forget-reason.js";
import type { Turns } from "../turns.js";
import { within } from "../within.js";

export interface ForgettingOptions {
  readonly fleet: Pick<FleetView, "get" | "bots">;
  /** Removes a bot from the fleet. */
  readonly forget: (channel: string, reason: ForgetReason) => boolean;
  /** Has what changed stored; resolves with whether it is. */
  readonly stored: () => Promise<boolean>;
  readonly turns: Turns;
  /** After how long bots are forgotten by themselves; null: never. */
  readonly afterMs: number | null;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
  /** How often that is looked at; a tenth of `afterMs`, at least a second and at most a minute. */
  readonly intervalMs?: number;
}

/** Those that are not of the fleet any more, and whether the store knows it. */
export interface Forgotten {
  readonly channels: readonly string[];
  readonly stored: boolean;
}

/** How long an answer waits for the store. */
const storedMs = 4_000;
/**
 * For this long after the start, or after a step of the wall clock, no bot is forgotten for its
 * age: the clock may be wrong, and bots may be about to come back.
 */
const graceMs = 600_000;
const stepMs = 60_000;

/**
 * Forgets bots: those that an operator names, those that have not been online for long, and where
 * it is set, the same by itself. An online bot is never forgotten: it would be back at its next
 * heartbeat, as a new one.
 */
export class Forgetting {
  readonly #options: ForgettingOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<unknown> = Promise.resolve();
  #stopped = false;
  /** Wall time minus monotonic time at the last look. */
  #offsetMs: number;
  /** Since when the wall clock goes evenly. */
  #evenSinceMs: number;

  constructor(options: ForgettingOptions) {
    this.#options = options;
    const { clock } = options;
    this.#offsetMs = clock.wallMs() - clock.monotonicMs();
    this.#evenSinceMs = clock.monotonicMs();
  }

  async start(): Promise<void> {
    const { afterMs, logger } = this.#options;
    if (afterMs === null) return;
    const { intervalMs = Math.min(60_000, Math.max(1_000, afterMs / 10)) } = this.#options;
    this.#timer = setInterval(() => {
      this.#sweep = this.#sweep
        .then(() => this.forgetOld())
        .catch((error: unknown) => logger.error({ err: error }, "old bots could not be forgotten"));
    }, intervalMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#sweep;
  }

  /** Null where there is no such bot; the bot itself where it is online, and stays. */
  async one(channel: string, by: string): Promise<Forgotten | Bot | null> {
    const { fleet, forget } = this.#options;
    const bot = fleet.get(channel);
    if (bot === undefined) return null;
    if (bot.status === "online") return bot;
    forget(channel, { kind: "named", by });
    return { channels: [channel], stored: await this.#stored() };
  }

  /** All that have not been online for so long. */
  async ended(forMs: number, by: string): Promise<Forgotten> {
    const channels = await this.#forgetAll(forMs, { kind: "ended", by, forMs });
    return { channels, stored: channels.length === 0 || (await this.#stored()) };
  }

  /** What the monitor does by itself, at this moment; answers how many it forgot. */
  async forgetOld(): Promise<number> {
    const { afterMs, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const offsetMs = clock.wallMs() - nowMs;
    if (Math.abs(offsetMs - this.#offsetMs) > stepMs) this.#evenSinceMs = nowMs;
    this.#offsetMs = offsetMs;
    if (afterMs === null || nowMs - this.#evenSinceMs < Math.min(graceMs, afterMs)) return 0;
    return (await this.#forgetAll(afterMs, { kind: "age", forMs: afterMs })).length;
  }

  async #forgetAll(forMs: number, reason: ForgetReason): Promise<readonly string[]> {
    const { fleet, forget, turns, clock } = this.#options;
    const untilMs = clock.wallMs() - forMs;
    const old = [...fleet.bots()].filter((bot) => hasEndedBy(bot, untilMs));
    const channels: string[] = [];
    let isOver = await turns.nextTurn();
    for (const bot of old) {
      if (isOver()) isOver = await turns.nextTurn();
      if (this.#stopped) break;
      // It may have been heard, or forgotten, meanwhile.
      if (fleet.get(bot.channel) !== bot || !hasEndedBy(bot, untilMs)) continue;
      if (forget(bot.channel, reason)) channels.push(bot.channel);
    }
    return channels;
  }

  async #stored(): Promise<boolean> {
    const stored = await within(
      this.#options.stored().catch(() => false),
      storedMs,
    );
    return stored === true;
  }
}

function hasEndedBy({ status, statusSinceMs, lastSeenMs }: Bot, untilMs: number): boolean {
  return status !== "online" && Math.max(statusSinceMs, lastSeenMs) <= untilMs;
}
