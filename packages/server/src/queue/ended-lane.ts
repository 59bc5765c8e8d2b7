import type { EndedConnection } from "./ended-connection.js";

interface Waiting {
  readonly ended: EndedConnection;
  readonly behind: number;
}

/**
 * Ends of connections that wait behind the lines that came before them: one per process and
 * connection, at most `maxProcesses`. One too many is dropped; the sampler finds out what it would
 * have told.
 */
export class EndedLane {
  readonly #maxProcesses: number;
  readonly #waiting = new Map<string, Waiting>();

  constructor(maxProcesses: number) {
    this.#maxProcesses = maxProcesses;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** `behind`: the order of the newest line that came before. */
  offerEnded(ended: EndedConnection, behind: number): void {
    // Two processes of two containers may have one pid and one channel.
    const key = `${ended.connection} ${ended.pid} ${ended.channel}`;
    if (this.#waiting.size < this.#maxProcesses) this.#waiting.set(key, { ended, behind });
  }

  /** Takes up to `limit` ends that came before the line `oldest`. Returns how many. */
  drainEnded(limit: number, oldest: number, on: (ended: EndedConnection) => void): number {
    let taken = 0;
    for (const [key, { ended, behind }] of this.#waiting) {
      if (taken >= limit || oldest <= behind) break;
      this.#waiting.delete(key);
      taken++;
      on(ended);
    }
    return taken;
  }
}
