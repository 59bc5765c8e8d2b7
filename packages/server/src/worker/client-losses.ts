import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";

/** Lines that the clients of one channel reported as lost, since the monitor's start. */
export interface ClientLoss {
  readonly channel: string;
  readonly dropped: number;
}

interface ProcessCount {
  readonly pid: number;
  last: number;
}

interface ChannelCount {
  /** The processes that were heard last, the newest first. */
  readonly processes: ProcessCount[];
  /** Null where the channel is counted with the rest. */
  total: number | null;
}

const other = "other";

/** Two processes may claim one channel, and two before them may still have lines on the way. */
const maxProcesses = 4;

/**
 * Adds up the lines that clients report as lost before they reached the monitor. Each process
 * counts from its own start, so a smaller number or another pid begins anew. Losses from before the
 * monitor's start count too. Channels past `maxChannels` are added up under `other`.
 */
export class ClientLosses implements FleetListener {
  readonly listenerName = "client losses";
  readonly #maxChannels: number;
  readonly #maxKnown: number;
  readonly #counts = new Map<string, ChannelCount>();
  #places = 0;
  #rest = 0;
  #total = 0;

  /**
   * `maxKnown`: how many channels' counts are remembered, which is what a sum needs. The fleet's
   * bound, as no channel past it is heard of; were there more, the longest known one is counted
   * from 0 again.
   */
  constructor({ maxChannels = 2_000, maxKnown = 100_000 } = {}) {
    this.#maxChannels = maxChannels;
    this.#maxKnown = Math.max(maxKnown, maxChannels);
  }

  /** Of all channels, those that were forgotten included. */
  get total(): number {
    return this.#total;
  }

  /** `dropped` is the client's own count. */
  countDropped(channel: string, pid: number, dropped: number): void {
    const count = this.#counts.get(channel) ?? (dropped > 0 ? this.#begin(channel) : undefined);
    if (count === undefined) return;
    const lost = lostSince(count.processes, pid, dropped);
    this.#total += lost;
    if (count.total === null) this.#rest += lost;
    else count.total += lost;
  }

  /**
   * The channel is no longer one of the fleet: its own count ends. What was counted with the rest
   * stays there.
   */
  botForgotten({ channel }: Pick<Bot, "channel">): void {
    const count = this.#counts.get(channel);
    if (count === undefined) return;
    this.#counts.delete(channel);
    if (count.total !== null) this.#places--;
  }

  *[Symbol.iterator](): IterableIterator<ClientLoss> {
    for (const [channel, { total }] of this.#counts) {
      if (total !== null) yield { channel, dropped: total };
    }
    if (this.#rest > 0) yield { channel: other, dropped: this.#rest };
  }

  #begin(channel: string): ChannelCount {
    const hasPlace = channel !== other && this.#places < this.#maxChannels;
    if (hasPlace) this.#places++;
    else if (this.#counts.size >= this.#maxKnown) this.#forgetOldestOfRest();
    const count: ChannelCount = { processes: [], total: hasPlace ? 0 : null };
    this.#counts.set(channel, count);
    return count;
  }

  #forgetOldestOfRest(): void {
    for (const [channel, { total }] of this.#counts) {
      if (total !== null) continue;
      this.#counts.delete(channel);
      return;
    }
  }
}

/** How many more a process lost than when it was last heard; remembers what it says now. */
function lostSince(processes: ProcessCount[], pid: number, dropped: number): number {
  const at = processes.findIndex((one) => one.pid === pid);
  const known = at === -1 ? undefined : processes[at];
  if (known === undefined) {
    processes.unshift({ pid, last: dropped });
    if (processes.length > maxProcesses) processes.pop();
    return dropped;
  }
  const lost = dropped >= known.last ? dropped - known.last : dropped;
  known.last = dropped;
  if (at > 0) processes.unshift(...processes.splice(at, 1));
  return lost;
}
