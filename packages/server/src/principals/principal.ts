import { isLikeAny } from "../pattern.js";
import { ChannelRights } from "./channel-rights.js";
import type { LastClock } from "./last-clock.js";
import type { PrincipalLog, Quota } from "./principal-log.js";
import type { PrincipalPolicy } from "./principal-policy.js";
import { QuotaWatch } from "./quota-watch.js";
import { TokenBucket } from "./token-bucket.js";
import type { VerdictMemory } from "./verdict-memory.js";

/**
 * Why a message of a principal was shed. `unauthorized`: its channel is none of the principal's.
 * `over_quota`: past `rowsPerSecond` or `maxBots`. The others are those of the queue.
 */
export const principalShedReasons = [
  "unauthorized",
  "over_quota",
  "queue_full",
  "fleet_full",
  "too_many_pids",
] as const;
export type PrincipalShedReason = (typeof principalShedReasons)[number];

/** What came from a principal since it is known, a view that stays current. */
export interface PrincipalCounters {
  /** Messages of every type, with those that were shed. */
  readonly received: number;
  /** `llm_usage` and `custom_metric` among them. */
  readonly receivedRows: number;
  readonly shed: Readonly<Record<PrincipalShedReason, number>>;
}

/** The last message that was shed for a reason. */
export interface LastShed {
  readonly channel: string;
  readonly atMs: number;
}

/** What the principals share. */
export interface PrincipalSurroundings {
  readonly memory: VerdictMemory;
  readonly clock: LastClock;
  readonly log: PrincipalLog;
}

/**
 * Who reports through one listener: what it may do, and what it did. It stays the same object for
 * as long as one of its connections or bots is there, whatever the configuration says by then.
 */
export class Principal {
  readonly name: string;
  readonly #surroundings: PrincipalSurroundings;
  readonly #counters = { received: 0, receivedRows: 0, shed: forEachReason(() => 0) };
  readonly #lastShed = forEachReason(() => ({ channel: "", atMs: 0 }));
  readonly #quotas: Readonly<Record<Quota, QuotaWatch>> = {
    rows_per_second: new QuotaWatch(),
    max_bots: new QuotaWatch(),
    max_connections: new QuotaWatch(),
  };
  #policy: PrincipalPolicy;
  /** Null if it may report on every channel. */
  #rights: ChannelRights | null = null;
  /** Null if its rows have no bound of their own. */
  #bucket: TokenBucket | null = null;
  #connections = 0;
  #refusedConnections = 0;
  #bots = 0;
  #isRemoved = false;
  #rowsPerSecond = 0;
  #lastTick: { readonly rows: number; readonly atMs: number };

  constructor(policy: PrincipalPolicy, surroundings: PrincipalSurroundings) {
    this.name = policy.name;
    this.#surroundings = surroundings;
    this.#policy = policy;
    this.#lastTick = { rows: 0, atMs: surroundings.clock.monotonicMs };
    this.#applyRights();
    this.#applyRate();
  }

  /** Whether `judge` may find something, and needs the clock read before. */
  get isBounded(): boolean {
    return this.#rights !== null || this.#bucket !== null;
  }

  /** The most bots that it may have in the fleet; null is no bound of its own. */
  get maxBots(): number | null {
    return this.#policy.maxBots;
  }

  get policy(): PrincipalPolicy {
    return this.#policy;
  }

  get counters(): PrincipalCounters {
    return this.#counters;
  }

  /** Null if nothing was shed for this reason. */
  lastShed(reason: PrincipalShedReason): LastShed | null {
    return this.#counters.shed[reason] === 0 ? null : this.#lastShed[reason];
  }

  /** The rows that came per second between the last two ticks, with those that were shed. */
  get rowsPerSecond(): number {
    return this.#rowsPerSecond;
  }

  get connections(): number {
    return this.#connections;
  }

  /** The bots of the fleet that are this principal's. */
  get bots(): number {
    return this.#bots;
  }

  /** Whether the configuration does not have it any more. */
  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  /** How many connections were closed at once, as it had all that it may have. */
  get refusedConnections(): number {
    return this.#refusedConnections;
  }

  /** Whether it may not have another connection; one that comes is to be refused then. */
  get hasAllConnections(): boolean {
    const { maxConnections } = this.#policy;
    return maxConnections !== null && this.#connections >= maxConnections;
  }

  refuseConnection(): void {
    const { log, clock } = this.#surroundings;
    this.#refusedConnections++;
    clock.readClock();
    if (this.#quotas.max_connections.noteShed(clock.monotonicMs))
      log.connectionsFull(this.name, this.#policy.maxConnections);
  }

  connectionOpened(): void {
    this.#connections++;
  }

  connectionClosed(): void {
    this.#connections--;
  }

  botAdded(): void {
    this.#bots++;
  }

  botRemoved(): void {
    this.#bots--;
  }

  mayReport(channel: string): boolean {
    return isLikeAny(channel, this.#policy.channels);
  }

  /**
   * Counts a message that came, and says why it is to be shed, if so. That is counted too. `atMs`:
   * when it came, Unix milliseconds. The rate goes by the clock as it was last read.
   */
  judge(isRow: boolean, channel: string, atMs: number): "unauthorized" | "over_quota" | null {
    this.#counters.received++;
    if (isRow) this.#counters.receivedRows++;
    const verdict = this.#rights === null ? "allowed" : this.#rights.verdictOn(channel);
    if (verdict !== "allowed") {
      this.countShed("unauthorized", channel, atMs);
      const { log, clock } = this.#surroundings;
      if (verdict === "newly_refused") log.channelRefused(this.name, channel, clock.monotonicMs);
      return "unauthorized";
    }
    const bucket = this.#bucket;
    if (!isRow || bucket === null || bucket.takeToken(this.#surroundings.clock.monotonicMs)) return null;
    this.countOverQuota("rows_per_second", channel, atMs);
    return "over_quota";
  }

  /** Counts a message that was shed as `over_quota`. */
  countOverQuota(quota: Exclude<Quota, "max_connections">, channel: string, atMs: number): void {
    this.countShed("over_quota", channel, atMs);
    const { log, clock } = this.#surroundings;
    if (!this.#quotas[quota].noteShed(clock.monotonicMs)) return;
    const limit = quota === "max_bots" ? this.#policy.maxBots : this.#policy.rowsPerSecond;
    log.quotaBegan(this.name, quota, limit, channel);
  }

  /** `channel`: of the last of these messages. */
  countShed(reason: PrincipalShedReason, channel: string, atMs: number, messages = 1): void {
    this.#counters.shed[reason] += messages;
    const last = this.#lastShed[reason];
    last.channel = channel;
    last.atMs = atMs;
  }

  /** To be called every few seconds: takes the rate, and tells of quotas that no longer bite. */
  tick(): void {
    const { log, clock } = this.#surroundings;
    const atMs = clock.monotonicMs;
    const { receivedRows: rows } = this.#counters;
    const spanMs = atMs - this.#lastTick.atMs;
    if (spanMs > 0) this.#rowsPerSecond = ((rows - this.#lastTick.rows) * 1_000) / spanMs;
    this.#lastTick = { rows, atMs };
    for (const quota of ["rows_per_second", "max_bots", "max_connections"] as const) {
      const ended = this.#quotas[quota].takeEnd(atMs);
      if (ended !== null) log.quotaEnded(this.name, quota, ended.messages, ended.spanMs);
    }
  }

  /** Another policy of the same name; it holds for open connections too. */
  replacePolicy(policy: PrincipalPolicy): void {
    const before = this.#policy;
    this.#policy = policy;
    this.#isRemoved = false;
    if (before.channels.join("\n") !== policy.channels.join("\n")) this.#applyRights();
    if (before.rowsPerSecond !== policy.rowsPerSecond) this.#applyRate();
  }

  /** Its open connections stay, under the policy that they have. */
  markRemoved(): void {
    this.#isRemoved = true;
  }

  /** To be called once nothing of it is left. */
  close(): void {
    this.#rights?.close();
  }

  #applyRights(): void {
    const { channels } = this.#policy;
    this.#rights?.close();
    this.#rights = channels.includes("*") ? null : new ChannelRights(channels, this.#surroundings.memory);
  }

  #applyRate(): void {
    const { rowsPerSecond } = this.#policy;
    const { monotonicMs } = this.#surroundings.clock;
    this.#bucket = rowsPerSecond === null ? null : new TokenBucket(rowsPerSecond, monotonicMs);
  }
}

function forEachReason<Value>(value: () => Value): Record<PrincipalShedReason, Value> {
  return Object.fromEntries(principalShedReasons.map((reason) => [reason, value()])) as Record<
    PrincipalShedReason,
    Value
  >;
}
