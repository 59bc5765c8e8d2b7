/** What the clients of one channel said that they lost since the monitor's start. */
export interface ClientLoss {
  readonly channel: string;
  readonly dropped: number;
}

interface Count {
  pid: number;
  last: number;
  total: number;
}

/**
 * Adds up what heartbeats say of lines lost before they reached us. Each client counts from its own start, so a smaller number or
 * another pid begins anew. What a client had lost before the monitor's start counts as well: it was told now.
 * Channels past `maxChannels` are not told apart.
 */
export class ClientLosses {
  readonly #maxChannels: number;
  readonly #counts = new Map<string, Count>();
  #rest = 0;

  constructor(maxChannels = 2_000) {
    this.#maxChannels = maxChannels;
  }

  /** `dropped` is the client's own count. */
  tell(channel: string, pid: number, dropped: number): void {
    const known = this.#counts.get(channel);
    if (known === undefined) {
      if (dropped === 0) return;
      if (this.#counts.size < this.#maxChannels)
        this.#counts.set(channel, { pid, last: dropped, total: dropped });
      else this.#rest = Math.max(this.#rest, dropped);
      return;
    }
    known.total += known.pid === pid && dropped >= known.last ? dropped - known.last : dropped;
    known.pid = pid;
    known.last = dropped;
  }

  *[Symbol.iterator](): IterableIterator<ClientLoss> {
    for (const [channel, { total }] of this.#counts) yield { channel, dropped: total };
    if (this.#rest > 0) yield { channel: "other", dropped: this.#rest };
  }
}
