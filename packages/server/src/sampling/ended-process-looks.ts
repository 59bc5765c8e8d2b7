import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { BotProbeResult } from "../registry/probe-result.js";
import type { ProcessProbe } from "./process-probe.js";

export interface EndedProcessLooksOptions {
  readonly queue: { offerSample(sample: BotProbeResult): void };
  /** One of its own: a probe forgets those that it is not asked for. */
  readonly probe: ProcessProbe;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
  /** When to look, after the end of the connection: 30, 1 000 and 5 000. */
  readonly delaysMs?: readonly number[];
}

/** A process whose connection ended, and when it is looked at next. */
interface Question {
  readonly bot: Bot;
  readonly pid: number;
  readonly lastSeenMs: number;
  readonly endedAtMs: number;
  looks: number;
  dueAtMs: number;
}

/**
 * 30 ms gather those who end together, and give the kernel the time to take a process out of its
 * table.
 */
const usualDelaysMs = [30, 1_000, 5_000];

/**
 * Looks at a process whose connection ended without a goodbye: nearly always it is gone, and the
 * next round of the sampler may be 15 s away. It is looked at soon, after a second and after five,
 * until it is known to have ended, is heard again, or is not the bot's any more. One question per
 * process stands at a time. `stop` waits for the look under way.
 */
export class EndedProcessLooks implements FleetListener {
  readonly listenerName = "looks at ended processes";
  readonly #options: EndedProcessLooksOptions;
  readonly #delaysMs: readonly number[];
  readonly #questions = new Map<string, Question>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #running = false;

  constructor(options: EndedProcessLooksOptions) {
    this.#options = options;
    this.#delaysMs = options.delaysMs ?? usualDelaysMs;
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#questions.clear();
    this.#disarm();
    await this.#looking;
  }

  connectionEnded({ bot, pid }: { readonly bot: Bot; readonly pid: number }): void {
    const endedAtMs = this.#options.clock.monotonicMs();
    const dueAtMs = endedAtMs + (this.#delaysMs[0] as number);
    const question = { bot, pid, lastSeenMs: bot.lastSeenMs, endedAtMs, looks: 0, dueAtMs };
    this.#questions.set(`${pid} ${bot.channel}`, question);
    if (dueAtMs < this.#timerAtMs) this.#arm();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    if (!this.#running || this.#looking !== null || this.#questions.size === 0) return;
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const question of this.#questions.values()) dueAtMs = Math.min(dueAtMs, question.dueAtMs);
    this.#disarm();
    this.#timerAtMs = dueAtMs;
    this.#timer = setTimeout(
      () => {
        this.#disarm();
        this.#looking = this.#look().finally(() => {
          this.#looking = null;
          this.#arm();
        });
      },
      Math.max(0, dueAtMs - this.#options.clock.monotonicMs()),
    );
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { queue, probe, clock, logger } = this.#options;
    const due = this.#due(clock.monotonicMs());
    if (due.length === 0) return;
    const atMs = clock.wallMs();
    try {
      const looks = await probe.probe([...new Set(due.map(({ pid }) => pid))]);
      for (const { bot, pid } of due) {
        const look = looks.get(pid);
        if (look !== undefined) {
          queue.offerSample({ channel: bot.channel, pid, atMs, ...look, afterEnd: true });
        }
      }
    } catch (error) {
      logger.error({ err: error }, "processes whose connection ended could not be checked");
    }
  }

  /** Those to be looked at now; each is set to its next look, or dropped after the last. */
  #due(nowMs: number): Question[] {
    const due: Question[] = [];
    for (const [key, question] of this.#questions) {
      if (!stands(question)) this.#questions.delete(key);
      // A timer may fire a little early.
      else if (question.dueAtMs <= nowMs + 1) {
        due.push(question);
        question.looks++;
        const delayMs = this.#delaysMs[question.looks];
        if (delayMs === undefined) this.#questions.delete(key);
        else question.dueAtMs = question.endedAtMs + delayMs;
      }
    }
    return due;
  }
}

function stands({ bot, pid, lastSeenMs }: Question): boolean {
  if (bot.pid !== pid) return bot.conflict?.pid === pid;
  return bot.lastSeenMs === lastSeenMs && (bot.status === "online" || bot.status === "stale");
}
