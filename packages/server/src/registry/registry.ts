import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { Announcements } from "./announcements.js";
import { AttentiveClock } from "./attentive-clock.js";
import type { Bot, BotStatus } from "./bot.js";
import type { BotOwner } from "./bot-owner.js";
import { BotState, type RegisterOrHeartbeat } from "./bot-state.js";
import * as cause from "./cause.js";
import { ChannelConflicts } from "./channel-conflicts.js";
import { Deadlines } from "./deadlines.js";
import type { EndedConnection } from "./ended-connection.js";
import { Endings } from "./endings.js";
import { FeatureBudget } from "./feature-budget.js";
import { type FeatureSet, FeatureSets } from "./feature-set.js";
import { Fleet, type StatusReason } from "./fleet.js";
import type { FleetListener } from "./fleet-listener.js";
import type { FleetView } from "./fleet-view.js";
import type { Heartbeat } from "./heartbeat.js";
import {
  isEnded,
  judgeHeartbeat,
  judgeProbeResult,
  judgeRegister,
  judgeUnregister,
  timeoutMs,
} from "./liveness.js";
import type { Outcome } from "./outcome.js";
import { type BotProbeResult, type ProbeResult, unknownResult } from "./probe-result.js";
import type { Register } from "./register.js";
import { hasCrashedSince, mergeRemembered, rememberedBot } from "./remembered-bot.js";
import { isDoubtful, judgeRestored, reconnectionMs } from "./restoration.js";
import type { RestoredBot, RestoredCrash } from "./restored-bot.js";
import { Troubles } from "./troubles.js";
import type { Unregister } from "./unregister.js";

export interface RegistryOptions {
  readonly clock: Clock;
  /** How long a bot may be silent that does not say how often it beats, or beats often. */
  readonly staleTimeoutMs: number;
  /** How many channels there may be; those that a store brings count, but are never refused. */
  readonly maxBots: number;
  /** What the features of all bots may take in memory, as estimated. */
  readonly maxFeatureBytes?: number;
  readonly logger: Pick<Logger, "error">;
  /**
   * Who has this pid at this moment: asked of a process whose place another one takes. Absent:
   * nobody can tell.
   */
  readonly glance?: (pid: number) => ProbeResult;
  /**
   * Whose a bot is that a store brings, until it is heard; absent: of everybody who is not told
   * apart.
   */
  readonly ownerOf?: (channel: string) => BotOwner;
  /** Whose a bot is whose sender is not told apart. */
  readonly everybody?: BotOwner;
}

/**
 * How long after its death a bot may be forgotten to make room in a full fleet: by then it has left
 * the metrics.
 */
const deadMs = 86_400_000;
const doctorChannel = "kissbot-doctor";
/**
 * Bots of `doctor` and of the checklist. They are forgotten `passingMs` after their goodbye, so
 * that the sender can still see it. The bot of `doctor` is also forgotten after a death, and at
 * once when it falls silent.
 */
const passingChannels = [doctorChannel, "checklist"];
const passingMs = 10_000;

/** Where nobody counts. */
const nobodyCounted: BotOwner = {
  name: "local",
  maxBots: null,
  bots: 0,
  botAdded: () => {},
  botRemoved: () => {},
};

/**
 * The fleet in memory. liveness.ts and restoration.ts decide what an event means; the registry
 * applies it, counts it and announces it. Only `tick` judges silence, on the attentive clock: a
 * line that comes before the tick is in time, however late.
 */
export class Registry implements FleetView {
  readonly #clock: Clock;
  readonly #logger: Pick<Logger, "error">;
  readonly #attentive: AttentiveClock;
  readonly #staleTimeoutMs: number;
  readonly #maxBots: number;
  readonly #fleet: Fleet;
  readonly #featureSets = new FeatureSets();
  readonly #features: FeatureBudget;
  readonly #deadlines = new Deadlines();
  readonly #conflicts: ChannelConflicts;
  readonly #endings: Endings;
  readonly #troubles: Troubles;
  readonly #ownerOf: (channel: string) => BotOwner;
  readonly #everybody: BotOwner;

  constructor(options: RegistryOptions) {
    const { clock, logger, staleTimeoutMs, maxBots, maxFeatureBytes = Number.POSITIVE_INFINITY } = options;
    const { glance = () => unknownResult, everybody = nobodyCounted, ownerOf = () => everybody } = options;
    this.#ownerOf = ownerOf;
    this.#everybody = everybody;
    this.#features = new FeatureBudget(maxFeatureBytes);
    this.#clock = clock;
    this.#logger = logger;
    this.#attentive = new AttentiveClock(clock);
    this.#staleTimeoutMs = staleTimeoutMs;
    this.#maxBots = maxBots;
    this.#fleet = new Fleet(new Announcements([], { clock, logger }));
    this.#conflicts = new ChannelConflicts((bot) => this.#fleet.conflictChanged(bot));
    this.#troubles = new Troubles(clock, (bot) => this.#fleet.troubleChanged(bot));
    this.#endings = new Endings({
      fleet: this.#fleet,
      deadlines: this.#deadlines,
      troubles: this.#troubles,
      clock,
      glance,
      unheardMs: (bot) => this.#unheardMs(bot),
    });
  }

  /**
   * Who hears from now on of what happens to the fleet, in this order. A second list takes the
   * first one's place.
   */
  announceTo(listeners: readonly FleetListener[]): void {
    this.#fleet.announcements = new Announcements(listeners, { clock: this.#clock, logger: this.#logger });
  }

  get size(): number {
    return this.#fleet.size;
  }

  get(channel: string): Bot | undefined {
    return this.#fleet.get(channel);
  }

  bots(): IterableIterator<Bot> {
    return this.#fleet.bots();
  }

  counts(): Readonly<Record<BotStatus, number>> {
    return this.#fleet.counts();
  }

  botsOfProcess(channel: string): number {
    const bot = this.#fleet.get(channel);
    return bot === undefined ? 1 : this.#fleet.botsOfProcess(bot);
  }

  /**
   * On the attentive clock, like the deadlines: no bot looks late for a time in which the monitor
   * slept.
   */
  heartbeatAgeS(bot: Bot): number | null {
    const heardAtMs = this.#fleet.get(bot.channel)?.heardAtMs ?? Number.NaN;
    return Number.isNaN(heardAtMs) ? null : (this.#attentive.nowMs() - heardAtMs) / 1_000;
  }

  register(r: Register): Outcome {
    const known = this.#fleet.get(r.channel);
    const nowMs = this.#attentive.nowMs();
    const verdict = judgeRegister(known, r);
    const { owner = this.#everybody } = r;
    if (!this.#mayHave(owner, known)) return "over_quota";
    const features = this.#featureSets.from(r.features);
    if (known === undefined || verdict === "first") {
      const held = this.#makeRoom() ? this.#features.hold(features) : null;
      if (held === null) return "fleet_full";
      const bot = new BotState(this.#fleet.nextNumber, r, held, owner);
      bot.tellFeatures(held, r.version);
      this.#welcome(bot, cause.registered, nowMs, r.connection);
      this.#troubles.hear(bot, r);
      return "applied";
    }
    this.#fleet.changeOwner(known, owner);
    if (verdict === "take_over") {
      this.#takeOver(known, r, nowMs);
    } else {
      if (isEnded(known.status)) known.registeredAtMs = r.tsMs;
      this.#hear(known, r, cause.registeredAgain, nowMs);
    }
    known.tellFeatures(this.#exchange(known, features), r.version);
    this.#troubles.hear(known, r);
    this.#fleet.tellBotChanged(known);
    return "applied";
  }

  heartbeat(h: Heartbeat): Outcome {
    const known = this.#fleet.get(h.channel);
    const nowMs = this.#attentive.nowMs();
    const verdict = judgeHeartbeat(known, h, nowMs);
    const { owner = this.#everybody } = h;
    if (known === undefined || verdict === "first") {
      if (!this.#mayHave(owner, known)) return "over_quota";
      if (!this.#makeRoom()) return "fleet_full";
      const none = this.#featureSets.from({});
      const bot = new BotState(this.#fleet.nextNumber, h, this.#features.hold(none) ?? none, owner);
      bot.takeLoad(h);
      this.#welcome(bot, cause.firstHeartbeat, nowMs, h.connection);
      this.#troubles.hear(bot, h);
      return "applied";
    }
    if (verdict === "late") {
      if (this.#troubles.hearLate(known, h)) this.#fleet.tellBotChanged(known);
      return "ignored";
    }
    if (verdict === "rival") {
      const rival = { pid: h.pid, principal: owner.name, sinceMs: h.tsMs };
      this.#conflicts.heard(known, rival, nowMs + timeoutMs(this.#staleTimeoutMs, h.intervalS));
      return "ignored";
    }
    if (!this.#mayHave(owner, known)) return "over_quota";
    this.#fleet.changeOwner(known, owner);
    if (verdict === "take_over")
      this.#takeOver(known, { ...h, intervalS: h.intervalS ?? known.intervalS }, nowMs);
    else this.#hear(known, h, cause.beatsAgain, nowMs);
    known.takeLoad(h);
    this.#troubles.hear(known, h);
    this.#fleet.tellBotChanged(known);
    return "applied";
  }

  unregister(u: Unregister): Outcome {
    const known = this.#fleet.get(u.channel);
    const nowMs = this.#attentive.nowMs();
    const connection = u.connection ?? 0;
    const predecessor = known?.overtakenOver(connection, u.pid);
    const verdict = judgeUnregister(known, u.pid, {
      isElsewhere: known?.contact.isElsewhere(connection) === true,
      isPredecessors: predecessor !== undefined,
    });
    if (known === undefined || verdict === "nobody") return "ignored";
    if (verdict === "rival" || verdict === "predecessor") {
      known.leave(u.pid, predecessor?.claimedStartMs ?? null, nowMs);
      if (verdict === "rival") this.#conflicts.end(known);
      return "ignored";
    }
    known.lastSeenMs = u.tsMs;
    known.heardAtMs = nowMs;
    this.#endings.goodbye(known, u.tsMs, nowMs);
    return "applied";
  }

  observe(o: BotProbeResult): Outcome {
    const known = this.#fleet.get(o.channel);
    const nowMs = this.#attentive.nowMs();
    const verdict = judgeProbeResult(known, o.pid, o);
    if (known === undefined) return "ignored";
    if (known.pid !== o.pid) {
      return known.conflict?.pid === o.pid && this.#conflicts.observe(known, o) ? "applied" : "ignored";
    }
    if (verdict === "nothing") return this.#endings.absent(known, o, nowMs) ? "applied" : "ignored";
    if (verdict === "gone" || verdict === "reused") {
      this.#endings.found(known, verdict, o.atMs, nowMs);
      return "applied";
    }
    if (known.startTold !== true && known.contact.isForeign) return "ignored";
    if (o.state === "alive") known.recognise(o);
    if (!known.measuresItself) known.measure(o.cpuPct, o.rssMb, o.atMs);
    this.#fleet.tellBotChanged(known);
    return "applied";
  }

  /**
   * A connection ended without a goodbye: listeners hear of it where the process may have ended
   * with it.
   */
  connectionEnded({ channel, pid, connection }: EndedConnection): Outcome {
    const bot = this.#fleet.get(channel);
    const nowMs = this.#attentive.nowMs();
    const isCurrent = bot?.pid === pid && !isEnded(bot.status);
    const mayBeGone = isCurrent ? bot.contact.ended(connection, nowMs) : bot?.conflict?.pid === pid;
    if (bot === undefined || !mayBeGone) return "ignored";
    if (!isCurrent || !this.#endings.hungUp(bot, nowMs)) this.#fleet.connectionEnded(bot, pid);
    return "applied";
  }

  /**
   * Removes a bot from the fleet; one that is heard again is a new one. Answers whether there was
   * one. Its history stays, and ends with a row that says why.
   */
  forget(channel: string, why: cause.Cause): boolean {
    const bot = this.#fleet.get(channel);
    if (bot === undefined) return false;
    this.#deadlines.clear(bot.number);
    this.#conflicts.forget(bot);
    this.#endings.forget(bot);
    this.#troubles.forget(bot);
    this.#features.release(bot.featuresJson);
    this.#fleet.remove(bot, why, this.#clock.wallMs());
    return true;
  }

  /**
   * To be called every `tickIntervalMs`: advances the attentive clock, then finds the stale bots
   * and the silent rivals.
   */
  tick(): void {
    const nowMs = this.#attentive.nowMs();
    if (!this.#attentive.caughtUp) return;
    this.#endings.tick(nowMs);
    this.#troubles.tick();
    this.#deadlines.due(nowMs, (number) => {
      const bot = this.#fleet.at(number);
      this.#deadlines.clear(number);
      this.#fleet.move(bot, "stale", {
        cause: cause.silentFor(this.#timeoutMs(bot)),
        tsMs: this.#clock.wallMs(),
      });
      this.#fleet.tellBotChanged(bot);
    });
    this.#conflicts.endSilent(nowMs);
    this.#forgetPassing(nowMs);
  }

  /**
   * Takes what the store remembers, once, with what one look at each pid showed (by channel; none
   * is as good as one that failed). A status is kept without a transition, unless the look or the
   * time since says otherwise. A bot that was heard before, as the store opened late, keeps what is
   * known of it and takes what only its row knows. `crashes`: those of the last hour by channel, in
   * the order in which they happened.
   */
  restore(
    rows: readonly RestoredBot[],
    seen: ReadonlyMap<string, ProbeResult>,
    crashes: ReadonlyMap<string, readonly RestoredCrash[]> = new Map(),
  ): void {
    const nowMs = this.#attentive.nowMs();
    for (const row of rows) {
      const before = crashes.get(row.channel) ?? [];
      const features = this.#featureSets.fromJson(row.featuresJson);
      const live = this.#fleet.get(row.channel);
      if (live === undefined) {
        const none = this.#featureSets.from({});
        const held = this.#features.hold(features) ?? this.#features.hold(none) ?? none;
        this.#remember(row, held, { result: seen.get(row.channel), crashes: before }, nowMs);
      } else {
        mergeRemembered(live, row, live.featuresTold ? features : this.#exchange(live, features));
        this.#endings.remember(live, before);
        this.#troubles.remember(live, row);
        if (hasCrashedSince(live, row, seen.get(row.channel))) this.#endings.crashedUnseen(live);
        if (live.status === "online" && live.heardAtMs >= 0) this.#awaitNext(live, live.heardAtMs);
        this.#fleet.tellBotChanged(live);
      }
    }
  }

  /**
   * To be called before the monitor stops: tells what could not be told yet, so that the history
   * ends with the last state.
   */
  settle(): void {
    this.#troubles.settle();
  }

  /**
   * Whether one more bot may come: for it, those are forgotten that said goodbye longest ago, then
   * those that are long dead.
   */
  #makeRoom(): boolean {
    while (this.#fleet.size >= this.#maxBots) if (!this.#forgetLongest(null)) return false;
    return true;
  }

  /**
   * Whether this bot may be the owner's, or a new one if there is none yet. Room for it is made as
   * in a full fleet, among the owner's own.
   */
  #mayHave(owner: BotOwner, bot: BotState | undefined): boolean {
    if (owner.maxBots === null || bot?.owner === owner) return true;
    while (owner.bots >= owner.maxBots) if (!this.#forgetLongest(owner)) return false;
    return true;
  }

  #forgetLongest(owner: BotOwner | null): boolean {
    const longest = this.#fleet.longestEnded("offline", owner) ?? this.#longDead(owner);
    return longest !== undefined && this.forget(longest.channel, cause.forgottenForRoom);
  }

  /**
   * What a bot that is known holds from now on: its features as told, or those that it has, where
   * there is no room for them.
   */
  #exchange(bot: BotState, told: FeatureSet): FeatureSet {
    const held = this.#features.hold(told);
    if (held === null) return { features: bot.features, json: bot.featuresJson };
    this.#features.release(bot.featuresJson);
    return held;
  }

  #longDead(owner: BotOwner | null): BotState | undefined {
    const dead = this.#fleet.longestEnded("dead", owner);
    return dead !== undefined && this.#clock.wallMs() - dead.statusSinceMs > deadMs ? dead : undefined;
  }

  #forgetPassing(nowMs: number): void {
    for (const channel of passingChannels) {
      const bot = this.#fleet.get(channel);
      if (bot === undefined || bot.status === "online") continue;
      // A real bot may be called checklist.
      if (bot.status !== "offline" && channel !== doctorChannel) continue;
      if (bot.status === "stale" || nowMs - bot.endedAtMs >= passingMs)
        this.forget(channel, cause.forgottenInPassing);
    }
  }

  #remember(
    row: RestoredBot,
    features: FeatureSet,
    {
      result,
      crashes,
    }: { readonly result: ProbeResult | undefined; readonly crashes: readonly RestoredCrash[] },
    nowMs: number,
  ): void {
    const wallMs = this.#clock.wallMs();
    const restoration = judgeRestored(row, result, wallMs, timeoutMs(this.#staleTimeoutMs, row.intervalS));
    const owner = this.#ownerOf(row.channel);
    const bot = rememberedBot(this.#fleet.nextNumber, row, features, owner, restoration, result);
    this.#fleet.add(bot);
    this.#endings.remember(bot, crashes);
    if (restoration === "gone" || restoration === "reused") {
      this.#endings.goneAtStart(bot, wallMs);
    } else if (restoration === "silent") {
      this.#fleet.move(bot, "stale", {
        cause: cause.silentAtStart(wallMs - row.lastSeenMs),
        tsMs: wallMs,
      });
    }
    if (isDoubtful(row, result)) this.#endings.doubtAtStart(bot, wallMs, nowMs);
    if (bot.status === "online") this.#deadlines.set(bot.number, nowMs + this.#unheardMs(bot));
    this.#fleet.tellBotChanged(bot);
  }

  #welcome(bot: BotState, why: cause.Cause, nowMs: number, connection = 0): void {
    bot.heardAtMs = nowMs;
    bot.contact.heard(connection, nowMs);
    this.#fleet.add(bot);
    this.#awaitNext(bot, nowMs);
    this.#fleet.greet(bot, why);
    this.#fleet.tellBotChanged(bot);
  }

  /** A sign of life of the current process. */
  #hear(bot: BotState, message: RegisterOrHeartbeat, why: cause.Cause, nowMs: number): void {
    this.#endings.survived(bot);
    if (bot.learn(message)) this.#endings.mistaken(bot);
    this.#heard(bot, message, { cause: why, tsMs: message.tsMs }, nowMs);
  }

  #takeOver(bot: BotState, message: RegisterOrHeartbeat, nowMs: number): void {
    const previousPid = bot.pid;
    const why = this.#endings.replaced(bot, message.pid, message.tsMs, nowMs);
    bot.handOver(message);
    const wasOnline = bot.status === "online";
    this.#heard(bot, message, { cause: why, tsMs: message.tsMs, previousPid }, nowMs);
    if (wasOnline) this.#fleet.takenOver(bot, previousPid);
    if (bot.conflict?.pid === message.pid) this.#conflicts.end(bot);
  }

  #heard(
    bot: BotState,
    { tsMs, connection = 0 }: RegisterOrHeartbeat,
    reason: StatusReason,
    nowMs: number,
  ): void {
    bot.lastSeenMs = tsMs;
    bot.heardAtMs = nowMs;
    this.#endings.heard(bot, nowMs);
    bot.contact.heard(connection, nowMs);
    this.#fleet.move(bot, "online", reason);
    this.#awaitNext(bot, nowMs);
  }

  #awaitNext(bot: BotState, heardAtMs: number): void {
    this.#deadlines.set(bot.number, heardAtMs + this.#timeoutMs(bot));
  }

  /** Of a restored bot, from the monitor's start. */
  #unheardMs(bot: BotState): number {
    return Math.max(this.#timeoutMs(bot), reconnectionMs);
  }

  #timeoutMs(bot: BotState): number {
    return timeoutMs(this.#staleTimeoutMs, bot.intervalS);
  }
}
