import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { BotProbeResult } from "../registry/probe-result.js";
import type { ProcessProbe } from "./process-probe.js";

export interface FirstProbeOptions {
  readonly queue: { offerSample(sample: BotProbeResult): void };
  /**
   * One of its own: a probe forgets those that it is not asked for, and the sampler's must not
   * forget the fleet.
   */
  readonly probe: ProcessProbe;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
  /** How long newcomers are gathered: 100. */
  readonly delayMs?: number;
}

/**
 * Looks at a bot's process soon after it was first heard. Only a process that was seen can be found
 * dead, and the sampler's next round may be 15 s away: a bot that dies before it would be missed
 * for as long as its heartbeats may be late.
 *
 * States: *quiet*; *gathering*, from the first newcomer on; *looking*. Each process is looked at
 * once; who is not visible then is left to the sampler's rounds. `stop` waits for the look under
 * way.
 */
export class FirstProbe implements FleetListener {
  readonly listenerName = "first probe";
  readonly #options: FirstProbeOptions;
  /** The pid that was noticed last of each bot. */
  readonly #noticed = new WeakMap<Bot, number>();
  #waiting: Bot[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #running = false;

  constructor(options: FirstProbeOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  /** Costs nothing where the bot is no newcomer. */
  botChanged(bot: Bot): void {
    if (bot.processSeen || bot.status !== "online" || this.#noticed.get(bot) === bot.pid) return;
    this.#noticed.set(bot, bot.pid);
    this.#waiting.push(bot);
    this.#arm();
  }

  #arm(): void {
    if (!this.#running || this.#waiting.length === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        this.#timer = undefined;
        this.#arm();
      });
    }, this.#options.delayMs ?? 100);
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { queue, probe, clock, logger } = this.#options;
    const bots = this.#waiting.map(({ channel, pid }) => ({ channel, pid }));
    this.#waiting = [];
    const atMs = clock.wallMs();
    try {
      const looks = await probe.probe(bots.map(({ pid }) => pid));
      for (const { channel, pid } of bots) {
        const look = looks.get(pid);
        // Nobody under the pid of a process that is connected is news too: it lives in another pid
        // namespace.
        if (look !== undefined && look.state !== "unknown") {
          queue.offerSample({ channel, pid, atMs, ...look });
        }
      }
    } catch (error) {
      logger.error(
        { err: error },
        "the processes of new bots could not be checked; the next measurement does it",
      );
    }
  }
}
