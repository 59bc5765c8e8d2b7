import process from "node:process";
import { encode, type Message, type Refusal, tryEncode } from "@kissbot/protocol";
import { type Bot, botOf } from "./bot.js";
import { BotLine, type BotLineType } from "./bot-line.js";
import { BotRoster, type KnownBot } from "./bot-roster.js";
import { monotonicMs, processStartedAt, timestamp } from "./clock.js";
import { Delivery } from "./delivery.js";
import { Diagnostics } from "./diagnostics.js";
import { type Ending, exitHook } from "./exit-hook.js";
import { logToStderr } from "./logger.js";
import { transportTo } from "./open-transport.js";
import { processLoad } from "./process-load.js";
import { beatAll, intervalSecondsOf, stopHeartbeatsOf } from "./running-heartbeats.js";
import { copyOf, later, parse, random } from "./runtime.js";
import { SharedOutbox } from "./shared-outbox.js";

const timeoutMs = 2_000;

/** A thousand live bots take a quarter of it. */
const bounds = { mostBots: 4_096, mostOver: 1_024, mostBytes: 4_194_304 };

/**
 * The monitor calls a bot stale after a minute of silence, so a new connection need not register a
 * bot that has been silent for this long: it has probably crashed.
 */
const silentMs = 900_000;

/**
 * One connection for all the bots that the legacy functions report at one socket, however many come
 * and go: it holds one connection, one timer and a bounded number of bots (`BotRoster`) and lines
 * (`SharedOutbox`).
 *
 * States: *open*; *ended*, from `end` on. At a new connection every bot that is registered is
 * registered again. A process that ends with code 0 says goodbye for the bots that are itself, and
 * for no other process: that one may live on.
 *
 * No method throws. A promise is that of `Delivery.offer`; undefined means that nothing will be
 * sent.
 */
export class SharedConnection {
  readonly socketPath: string;
  readonly #diagnostics: Diagnostics;
  readonly #roster = new BotRoster(bounds);
  readonly #outbox: SharedOutbox;
  readonly #delivery: Delivery;
  readonly #ending: Ending = {
    onExit: (code) => {
      this.#delivery.drainForExit();
      if (code === 0) this.#sayGoodbye();
    },
    onSignal: () => {},
  };

  constructor(socketPath: string, isDebug: boolean) {
    this.socketPath = copyOf(socketPath);
    const logger = isDebug ? logToStderr : undefined;
    const diagnostics = new Diagnostics("legacy functions", process.pid, this.socketPath, logger);
    this.#diagnostics = diagnostics;
    this.#outbox = new SharedOutbox({
      roster: this.#roster,
      nowMs: monotonicMs,
      greetingOf: (known) => this.#greetingOf(known),
      isSilent: ({ bot, heardAtMs }) =>
        monotonicMs() - heardAtMs > silentMs && this.#intervalSecondsOf(bot) === undefined,
      onDrop: (type, reason) => diagnostics.dropped(type, reason),
    });
    this.#delivery = new Delivery({
      openTransport: transportTo(this.socketPath, timeoutMs),
      chance: { random, nowMs: monotonicMs, later },
      outbox: this.#outbox,
      diagnostics,
      timeoutMs,
      greeting: () => {
        this.#outbox.greet();
        return undefined;
      },
      onUnread: () => beatAll(this.socketPath),
    });
    this.#joinExit();
  }

  /** Nothing would be lost if it ended. */
  get isIdle(): boolean {
    for (const _ of this.#roster.registered) return false;
    return this.#outbox.isEmpty;
  }

  register(
    channel: string,
    pid: number,
    features: Readonly<Record<string, boolean>> = {},
  ): Promise<boolean> | undefined {
    const bot = botOf(channel, pid);
    return this.#offer("register", () => {
      this.#joinExit();
      const startedAt = pid === process.pid ? processStartedAt : undefined;
      // Encoded twice, read once: a feature may be a getter.
      const registration = copyOf(
        lineOf({ type: "register", channel: bot.channel, pid, features, started_at: startedAt } as Message),
      );
      const changing = { interval_s: this.#intervalSecondsOf(bot), ts: timestamp() };
      return new BotLine(bot, "register", withFields(registration, changing), registration);
    });
  }

  /** Undefined for a bot that has said goodbye, too, until it is registered again. */
  heartbeat(channel: string, pid: number): Promise<boolean> | undefined {
    const bot = botOf(channel, pid);
    if (this.#roster.find(bot)?.saidGoodbye) return undefined;
    return this.#offer("heartbeat", () => {
      const isOwn = pid === process.pid;
      const load = isOwn ? processLoad().measure() : undefined;
      const text = lineOf({
        type: "heartbeat",
        channel: bot.channel,
        pid,
        rss_mb: load?.rssMb,
        cpu_pct: load?.cpuPct,
        started_at: isOwn ? processStartedAt : undefined,
        interval_s: this.#intervalSecondsOf(bot),
        ts: timestamp(),
      } as Message);
      return new BotLine(bot, "heartbeat", text);
    });
  }

  /**
   * Also stops the heartbeats of the bot. A goodbye is not repeated: the promise then says whether
   * the first went out.
   */
  unregister(channel: string, pid: number): Promise<boolean> | undefined {
    const bot = botOf(channel, pid);
    stopHeartbeatsOf(this.socketPath, bot);
    if (this.#roster.find(bot)?.saidGoodbye) return Promise.resolve(!this.#outbox.hasLinesOf(bot));
    return this.#offer("unregister", () => this.#goodbyeOf(bot));
  }

  /** The bot of these arguments; undefined, with a warning, if they name none. */
  botFor(channel: string, pid: number): Bot | undefined {
    const line = tryEncode({ type: "unregister", channel, pid });
    if (typeof line === "string") return botOf(channel, pid);
    this.#diagnostics.refused("heartbeat", line);
    return undefined;
  }

  /** Writes what the kernel takes now, and gives the rest and the connection up. */
  end(): void {
    this.#delivery.drain();
    this.#delivery.end();
    exitHook().leave(this.#ending);
  }

  #offer(type: BotLineType, make: () => BotLine): Promise<boolean> | undefined {
    let line: BotLine;
    try {
      line = make();
    } catch (error) {
      const refusal =
        error instanceof Refused ? error.refusal : { field: "message", value: {}, cause: error };
      this.#diagnostics.refused(type, refusal);
      return undefined;
    }
    return this.#delivery.offerLine(line);
  }

  /** Repeated with each registration: a bot may have removed all listeners of its process. */
  #joinExit(): void {
    try {
      exitHook().join(this.#ending);
    } catch {
      // A process that takes no listeners: then there is no goodbye.
    }
  }

  #goodbyeOf(bot: Bot): BotLine {
    const { channel, pid } = bot;
    const text = lineOf({ type: "unregister", channel, pid, ts: timestamp() } as Message);
    return new BotLine(bot, "unregister", text);
  }

  #sayGoodbye(): void {
    for (const { bot } of [...this.#roster.registered]) {
      if (bot.pid === process.pid) this.#outbox.putLine(this.#goodbyeOf(bot));
    }
    this.#delivery.drain();
  }

  #intervalSecondsOf(bot: Bot): number | undefined {
    return intervalSecondsOf(this.socketPath, bot);
  }

  #greetingOf({ bot, registration = "" }: KnownBot): string {
    const intervalSeconds = this.#intervalSecondsOf(bot);
    if (intervalSeconds === undefined) return registration;
    // A registration that is as long as a line may be has no room for it.
    const line = tryEncode({ ...parse(registration), interval_s: intervalSeconds });
    return typeof line === "string" ? line : registration;
  }
}

/** The line with these fields as well. */
function withFields(line: string, fields: object): string {
  return encode({ ...parse(line), ...fields });
}

/** The arguments make no line. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.field);
    this.refusal = refusal;
  }
}

function lineOf(message: Message): string {
  const line = tryEncode(message);
  if (typeof line !== "string") throw new Refused(line);
  return line;
}
