import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Bot, BotStatus } from "../registry/bot.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { BotProbeResult, MeasuredProbeResult } from "../registry/probe-result.js";
import type { ProbeProblem, ProcessProbe } from "./process-probe.js";
import { QuietPeriod } from "./quiet-period.js";
import { nextSlotMs } from "./sampling-slot.js";
import { TimeSlice } from "./time-slice.js";

export interface SamplerOptions {
  readonly fleet: Pick<FleetView, "bots">;
  readonly queue: { offerSample(sample: BotProbeResult): void };
  /** Handed in, so it is the giver's to close: after `stop`. */
  readonly probe: ProcessProbe;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * The first round is this long after the start (or an interval, if that is shorter): restored bots,
 * looked at before, then have a CPU.
 */
const firstRoundMs = 1_000;
/** The longest delay that a Node timer knows; a longer one would fire at once. */
const longestDelayMs = 2_147_483_647;
const quietMs = 600_000;
const botsPerSlice = 1_000;

/**
 * Bots, and the pid that each had when the round began; a bot with a rival stands there twice, then
 * with the rival's pid.
 */
interface Watched {
  readonly bots: Bot[];
  readonly pids: number[];
}

/**
 * Looks at the process of every online and stale bot, at a fixed interval, and offers what it saw
 * to the queue.
 *
 * States: *stopped*; *waiting* for the next slot; *sampling*. `start` leads from the first to the
 * second, a slot to the third, the end of the round back to the second. `stop` leads to the first
 * from each, and resolves when the round under way is over; what that round has seen is still
 * offered. Both may be repeated. Rounds never overlap: slots that a long round ran over are left
 * out, and it is logged.
 *
 * A dead bot is not looked at: its process is gone for good, and who comes back under that pid says
 * so itself. Nor is an offline one, which said goodbye. A stale one is, whether or not it was ever
 * seen: its end makes it dead, and it may become visible. Bots with one pid share one look; each
 * gets its own sample of it. All samples of a round carry the time of its start.
 */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #slowRounds = new QuietPeriod(quietMs);
  readonly #failures = new QuietPeriod(quietMs);
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #lastRoundMs: number | null = null;
  #problem: ProbeProblem["code"] | null = null;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** How long the last round took; null before the first is over. */
  get lastRoundMs(): number | null {
    return this.#lastRoundMs;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    // A round from before a stop may still be under way: it goes on by its own schedule when it
    // ends.
    await this.#round;
    if (!this.#running || this.#timer !== undefined) return;
    const { clock, intervalMs } = this.#options;
    this.#waitFor(clock.monotonicMs() + Math.min(firstRoundMs, intervalMs));
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#round;
  }

  #waitFor(slotMs: number, firstMs = slotMs): void {
    const { clock, intervalMs } = this.#options;
    const delayMs = Math.min(Math.max(slotMs - clock.monotonicMs(), 0), longestDelayMs);
    this.#timer = setTimeout(() => {
      this.#round = this.#sample().then(() => {
        this.#timer = undefined;
        if (!this.#running) return;
        // A timer may fire a little early: the slot that it was set for is over all the same.
        this.#waitFor(nextSlotMs(firstMs, intervalMs, Math.max(clock.monotonicMs(), slotMs)), firstMs);
      });
    }, delayMs);
  }

  /** One round; never rejects. */
  async #sample(): Promise<void> {
    const { clock, intervalMs, logger, probe } = this.#options;
    const startedMs = clock.monotonicMs();
    const atMs = clock.wallMs();
    try {
      const watched = await this.#watched();
      if (watched.pids.length > 0) await this.#offer(watched, await probe.probe(watched.pids), atMs);
      this.#tellProblem(probe.problem);
    } catch (error) {
      const withheld = this.#failures.say(clock.monotonicMs());
      if (withheld !== null) logger.error({ err: error, withheld }, "the processes could not be measured");
    }
    const tookMs = clock.monotonicMs() - startedMs;
    this.#lastRoundMs = tookMs;
    if (tookMs <= intervalMs) return;
    const withheld = this.#slowRounds.say(clock.monotonicMs());
    if (withheld !== null) {
      logger.warn(
        { took_ms: Math.round(tookMs), interval_ms: intervalMs, withheld },
        "measuring the processes took longer than --metrics-interval",
      );
    }
  }

  async #watched(): Promise<Watched> {
    const { clock, fleet } = this.#options;
    const watched: Watched = { bots: [], pids: [] };
    const slice = new TimeSlice(clock, { maxSteps: botsPerSlice });
    for (const bot of fleet.bots()) {
      if (isWatched(bot.status)) {
        watched.bots.push(bot);
        watched.pids.push(bot.pid);
        const rivalPid = bot.conflict?.pid;
        if (rivalPid !== undefined && rivalPid !== bot.pid) {
          watched.bots.push(bot);
          watched.pids.push(rivalPid);
        }
      }
      if (slice.spent()) await slice.rest();
    }
    return watched;
  }

  /** What says nothing is not offered: that nobody sees a process which nobody ever saw. */
  async #offer(
    { bots, pids }: Watched,
    looks: ReadonlyMap<number, MeasuredProbeResult>,
    atMs: number,
  ): Promise<void> {
    const { clock, queue } = this.#options;
    const slice = new TimeSlice(clock, { maxSteps: botsPerSlice });
    for (const [i, bot] of bots.entries()) {
      const pid = pids[i] as number;
      const look = looks.get(pid);
      if (look === undefined) continue;
      // A rival stands behind its bot.
      if (i > 0 && bots[i - 1] === bot) {
        queue.offerSample({ channel: bot.channel, pid, atMs, ...look, ofRival: true });
      } else if (bot.processSeen || look.state === "alive") {
        queue.offerSample({ channel: bot.channel, pid, atMs, ...look });
      }
      if (slice.spent()) await slice.rest();
    }
  }

  /** Once when a problem comes, and once when it has gone. */
  #tellProblem(problem: ProbeProblem | null): void {
    const { logger, probe } = this.#options;
    const code = problem?.code ?? null;
    if (code === this.#problem) return;
    this.#problem = code;
    if (problem !== null) {
      logger.warn(
        { problem: problem.code, detail: problem.detail, probe: probe.capabilities },
        "some processes cannot be measured",
      );
    } else {
      logger.info("every process can be measured again");
    }
  }
}

function isWatched(status: BotStatus): boolean {
  return status === "online" || status === "stale";
}
