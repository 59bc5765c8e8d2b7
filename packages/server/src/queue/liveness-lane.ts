import type { Principal } from "../principals/principal.js";
import type { LivenessDrain } from "./liveness-drain.js";
import type { MessageCounters } from "./message-counters.js";
import {
  type LivenessMessage,
  type Waiting,
  WaitingChannel,
  type WaitingProcess,
} from "./waiting-channel.js";

/**
 * A bot has one process, two while one takes over; past this many, whatever sends them is at fault.
 */
const maxPids = 16;

/**
 * Registers, heartbeats and unregisters that wait: at most one of each per (channel, pid), in the
 * order of arrival.
 *
 * A newer message takes the place of the older of its kind where no register or unregister of the
 * same channel, whatever its pid, was queued after the older one. Otherwise the older is taken out
 * and the newer goes to the end. So what was said between a bot's registrations and goodbyes stays
 * between them, and the last of them is the last to be heard. Either way the older one is shed as
 * `coalesced`.
 *
 * The processes that wait of one channel are bounded: a message of one more is shed as
 * `too_many_pids`. So are the (channel, pid) altogether, by `fleet_full`; but one process of a
 * channel that the fleet knows always has a place, so that a flood of names that are not known
 * makes no bot look silent. The lane holds twice `maxProcesses` at most. The same holds for the
 * processes of a principal that has a bound of its own, by `over_quota`.
 */
export class LivenessLane {
  readonly #counters: MessageCounters;
  readonly #isKnown: (channel: string) => boolean;
  readonly #maxProcesses: number;
  readonly #channels = new Map<string, WaitingChannel>();
  /** How many processes wait of each principal that has a bound. */
  readonly #ofPrincipal = new Map<Principal, number>();
  #processes = 0;
  #depth = 0;
  #order = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  constructor(counters: MessageCounters, maxProcesses: number, isKnown: (channel: string) => boolean) {
    this.#counters = counters;
    this.#isKnown = isKnown;
    this.#maxProcesses = maxProcesses;
  }

  get depth(): number {
    return this.#depth;
  }

  /**
   * The order of the newest message that came; and of the oldest that waits, Infinity if none does.
   */
  get newestOrder(): number {
    return this.#order;
  }

  get oldestOrder(): number {
    return this.#first?.order ?? Number.POSITIVE_INFINITY;
  }

  offerLiveness(
    message: LivenessMessage,
    receivedAtMs: number,
    connection = 0,
    principal: Principal | null = null,
  ): void {
    const { type, channel: name, pid } = message;
    this.#counters.received[type]++;
    let channel = this.#channels.get(name);
    let process = channel?.processOf(pid);
    if (process === undefined) {
      const reason = this.#refusalOf(name, channel, principal);
      if (reason !== null) {
        this.#shed(message, reason, receivedAtMs, principal);
        if (reason === "too_many_pids") this.#counters.crowdedChannel = name;
        return;
      }
      process = { pid, principal, register: undefined, heartbeat: undefined, unregister: undefined };
      if (channel === undefined) {
        channel = new WaitingChannel();
        this.#channels.set(name, channel);
      }
      channel.addProcess(process);
      this.#processes++;
      if (principal?.maxBots != null)
        this.#ofPrincipal.set(principal, (this.#ofPrincipal.get(principal) ?? 0) + 1);
    }
    // A process that waits has its channel.
    this.#queue(channel as WaitingChannel, process, {
      message,
      receivedAtMs,
      connection,
      principal,
    });
  }

  drainLiveness(limit: number, on: LivenessDrain): number {
    let taken = 0;
    for (let first = this.#first; first !== undefined && taken < limit; first = this.#first) {
      const { message, receivedAtMs, connection, principal, process } = first;
      this.#unlink(first);
      process[message.type] = undefined;
      this.#forgetIfEmpty(message.channel, process);
      taken++;
      // Counted before it is handed over: the sums hold even if `on` throws.
      this.#counters.processed[message.type]++;
      const outcome = on(message, receivedAtMs, connection, principal);
      if (outcome !== "processed") {
        this.#counters.processed[message.type]--;
        this.#shed(message, outcome, receivedAtMs, principal);
      }
    }
    return taken;
  }

  #refusalOf(
    name: string,
    channel: WaitingChannel | undefined,
    principal: Principal | null,
  ): "fleet_full" | "too_many_pids" | "over_quota" | null {
    if (channel !== undefined && channel.size >= maxPids) return "too_many_pids";
    const most = principal?.maxBots ?? null;
    const isOverQuota = most !== null && (this.#ofPrincipal.get(principal as Principal) ?? 0) >= most;
    if (!isOverQuota && this.#processes < this.#maxProcesses) return null;
    if (channel === undefined && this.#isKnown(name)) return null;
    return isOverQuota ? "over_quota" : "fleet_full";
  }

  #shed(
    { type, channel }: LivenessMessage,
    reason: "fleet_full" | "too_many_pids" | "over_quota",
    receivedAtMs: number,
    principal: Principal | null,
  ): void {
    if (reason === "over_quota") {
      this.#counters.countRefused(type, reason);
      principal?.countOverQuota("max_bots", channel, receivedAtMs);
    } else {
      this.#counters.shed[type][reason]++;
      principal?.countShed(reason, channel, receivedAtMs);
    }
  }

  #queue(
    channel: WaitingChannel,
    process: WaitingProcess,
    offered: Pick<Waiting, "message" | "receivedAtMs" | "connection" | "principal">,
  ): void {
    const { message, receivedAtMs, principal } = offered;
    let { connection } = offered;
    const { type } = message;
    const older = process[type];
    if (older !== undefined) {
      this.#counters.shed[type].coalesced++;
      if (older.connection !== connection) connection = 0;
      if (channel.lastTurn <= older.order) {
        older.message = message;
        older.receivedAtMs = receivedAtMs;
        older.connection = connection;
        older.principal = principal;
        return;
      }
      this.#unlink(older);
    }
    const order = ++this.#order;
    if (type !== "heartbeat") channel.lastTurn = order;
    const last = this.#last;
    const waiting: Waiting = {
      message,
      receivedAtMs,
      connection,
      principal,
      process,
      order,
      before: last,
      after: undefined,
    };
    if (last === undefined) this.#first = waiting;
    else last.after = waiting;
    this.#last = waiting;
    this.#depth++;
    process[type] = waiting;
  }

  #unlink({ before, after }: Waiting): void {
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    this.#depth--;
  }

  #forgetIfEmpty(name: string, process: WaitingProcess): void {
    if (process.register !== undefined || process.heartbeat !== undefined || process.unregister !== undefined)
      return;
    const channel = this.#channels.get(name) as WaitingChannel;
    channel.deleteProcess(process.pid);
    if (channel.isEmpty) this.#channels.delete(name);
    this.#processes--;
    const { principal } = process;
    if (principal === null || this.#ofPrincipal.size === 0) return;
    const waiting = this.#ofPrincipal.get(principal) ?? 0;
    if (waiting > 1) this.#ofPrincipal.set(principal, waiting - 1);
    else this.#ofPrincipal.delete(principal);
  }
}
