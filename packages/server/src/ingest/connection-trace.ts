/**
 * No system has more processes on one connection; the end of the connection is not reported for
 * more.
 */
const maxProcesses = 16;

/** A process as its lines name it. */
export interface HeardProcess {
  readonly channel: string;
  readonly pid: number;
}

/**
 * The processes that reported over one connection and did not say goodbye, at most 16. Nearly
 * always it is one, found by a single comparison.
 */
export class ConnectionTrace {
  /** Above 0, and no other connection's. */
  readonly number: number;
  /** Nearly always the only one, so it has no list. */
  #first: HeardProcess | undefined;
  #others: HeardProcess[] | undefined;

  constructor(number: number) {
    this.number = number;
  }

  /** The number, where the process is remembered; else 0. */
  noteProcess(channel: string, pid: number): number {
    if (this.#first === undefined) {
      this.#first = { channel, pid };
      return this.number;
    }
    if (this.#first.pid === pid && this.#first.channel === channel) return this.number;
    this.#others ??= [];
    for (const process of this.#others) {
      if (process.pid === pid && process.channel === channel) return this.number;
    }
    if (this.#others.length >= maxProcesses - 1) return 0;
    this.#others.push({ channel, pid });
    return this.number;
  }

  /** It said goodbye: the end of the connection is no news about it. */
  forgetProcess(channel: string, pid: number): void {
    const isIt = (process: HeardProcess) => process.pid === pid && process.channel === channel;
    if (this.#first !== undefined && isIt(this.#first)) {
      this.#first = this.#others?.shift();
      return;
    }
    const place = this.#others?.findIndex(isIt) ?? -1;
    if (place >= 0) this.#others?.splice(place, 1);
  }

  /** Whom its end concerns, in the order in which they were heard first. */
  get heard(): readonly HeardProcess[] {
    return this.#first === undefined ? [] : [this.#first, ...(this.#others ?? [])];
  }
}
