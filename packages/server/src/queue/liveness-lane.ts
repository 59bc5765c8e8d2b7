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
 * makes no bot look silent. The lane holds twice `maxProcesses` at most.
 */
export class LivenessLane {
  readonly #counters: MessageCounters;
  readonly #isKnown: (channel: string) => boolean;
  readonly #maxProcesses: number;
  readonly #channels = new Map<string, WaitingChannel>();
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

  offerLiveness(message: LivenessMessage, receivedAtMs: number, connection = 0): void {
    const { type, channel: name, pid } = message;
    this.#counters.received[type]++;
    let channel = this.#channels.get(name);
    let process = channel?.processOf(pid);
    if (process === undefined) {
      const reason = this.#refusalOf(name, channel);
      if (reason !== null) {
        this.#counters.shed[type][reason]++;
        if (reason === "too_many_pids") this.#counters.crowdedChannel = name;
        return;
      }
      process = { pid, register: undefined, heartbeat: undefined, unregister: undefined };
      if (channel === undefined) {
        channel = new WaitingChannel();
        this.#channels.set(name, channel);
      }
      channel.addProcess(process);
      this.#processes++;
    }
    // A process that waits has its channel.
    this.#queue(channel as WaitingChannel, process, { message, receivedAtMs, connection });
  }

  drainLiveness(
    limit: number,
    on: (message: LivenessMessage, receivedAtMs: number, connection: number) => "processed" | "fleet_full",
  ): number {
    let taken = 0;
    for (let first = this.#first; first !== undefined && taken < limit; first = this.#first) {
      const { message, receivedAtMs, connection, process } = first;
      this.#unlink(first);
      process[message.type] = undefined;
      this.#forgetIfEmpty(message.channel, process);
      taken++;
      // Counted before it is handed over: the sums hold even if `on` throws.
      this.#counters.processed[message.type]++;
      if (on(message, receivedAtMs, connection) === "fleet_full") {
        this.#counters.processed[message.type]--;
        this.#counters.shed[message.type].fleet_full++;
      }
    }
    return taken;
  }

  #refusalOf(name: string, channel: WaitingChannel | undefined): "fleet_full" | "too_many_pids" | null {
    if (channel !== undefined && channel.size >= maxPids) return "too_many_pids";
    if (this.#processes < this.#maxProcesses) return null;
    return channel === undefined && this.#isKnown(name) ? null : "fleet_full";
  }

  #queue(
    channel: WaitingChannel,
    process: WaitingProcess,
    offered: Pick<Waiting, "message" | "receivedAtMs" | "connection">,
  ): void {
    const { message, receivedAtMs } = offered;
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
  }
}
