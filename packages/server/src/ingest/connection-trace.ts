/**
 * More processes than that write over one connection in no system; of those beyond nobody hears
 * when it ends.
 */
const maxProcesses = 16;

/** A process as its lines name it. */
export interface HeardProcess {
  readonly channel: string;
  readonly pid: number;
}

/**
 * What one connection carried of the liveness of processes: those that were heard over it and did
 * not say goodbye, 16 at most. Nearly always that is one, which is found by a comparison.
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

  /** It said goodbye: the end of the connection tells nothing new of it. */
  forgetProcess(channel: string, pid: number): void {
    const place = this.#heard.findIndex((process) => process.pid === pid && process.channel === channel);
    if (place >= 0) this.#heard.splice(place, 1);
  }

  /** Whom its end concerns. */
  get heard(): readonly HeardProcess[] {
    return this.#heard;
  }
}
