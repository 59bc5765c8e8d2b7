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
  readonly #heard: HeardProcess[] = [];

  constructor(number: number) {
    this.number = number;
  }

  /** The number, where the process is remembered; else 0. */
  noteProcess(channel: string, pid: number): number {
    for (const process of this.#heard) {
      if (process.pid === pid && process.channel === channel) return this.number;
    }
    if (this.#heard.length >= maxProcesses) return 0;
    this.#heard.push({ channel, pid });
    return this.number;
  }

  /** It said goodbye: the end of the connection is no news about it. */
  forgetProcess(channel: string, pid: number): void {
    const place = this.#heard.findIndex((process) => process.pid === pid && process.channel === channel);
    if (place >= 0) this.#heard.splice(place, 1);
  }

  /** Whom its end concerns. */
  get heard(): readonly HeardProcess[] {
    return this.#heard;
  }
}
