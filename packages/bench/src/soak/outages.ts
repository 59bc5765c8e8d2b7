import { setTimeout as delay } from "node:timers/promises";
import type { FleetStage } from "../fleet/fleet-stage.js";

const everyMs = 150_000;
const lastsMs = 20_000;
const mostAttempts = 5;

/**
 * The database that hosts share is cut off now and then: killed in one turn, frozen in the next.
 */
export class Outages {
  readonly #stage: FleetStage;
  readonly #ending = new AbortController();
  readonly #course: Promise<void>;
  #count = 0;

  /** `totalMs`: at least four of them fall into that time. */
  constructor(stage: FleetStage, totalMs: number) {
    this.#stage = stage;
    const share = Math.min(1, totalMs / 5 / everyMs);
    this.#course = this.#run(everyMs * share, lastsMs * share);
  }

  get count(): number {
    return this.#count;
  }

  /** Resolves when the database is there for good. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#course;
  }

  async #run(betweenMs: number, cutMs: number): Promise<void> {
    while (await this.#rest(betweenMs)) {
      if (this.#count++ % 2 === 0) {
        await this.#stage.server.kill();
        await this.#rest(cutMs);
        await this.#resume();
      } else {
        const pids = this.#stage.freeze();
        await this.#rest(cutMs);
        this.#stage.unfreeze(pids);
      }
    }
  }

  /** On a machine that has too much to do, a start may take longer than a start may. */
  async #resume(): Promise<void> {
    const { server } = this.#stage;
    for (let attempts = 1; ; attempts++) {
      try {
        return await server.resume();
      } catch (error) {
        if (attempts === mostAttempts) throw error;
        await server.kill();
      }
    }
  }

  /** False as soon as it is over. */
  async #rest(ms: number): Promise<boolean> {
    try {
      await delay(ms, undefined, { signal: this.#ending.signal });
      return true;
    } catch {
      return false;
    }
  }
}
