import { byText } from "../metric-series.js";
import type { Run, RunsPlan, StoredRun } from "../run.js";

/** The lives of monitors: each has its newest word. */
export class Runs {
  readonly #runs = new Map<string, StoredRun>();

  tell(producer: string, { startedMs, seenMs, stopped }: Required<Run>): void {
    const key = JSON.stringify([startedMs, producer]);
    const known = this.#runs.get(key);
    this.#runs.set(key, {
      producer,
      startedMs,
      seenMs: Math.max(seenMs, known?.seenMs ?? 0),
      stoppedMs: stopped ? seenMs : (known?.stoppedMs ?? null),
    });
  }

  /** Deletes those that were last seen before the cut, but never the newest; answers how many. */
  expire(cutMs: number | null): number {
    if (cutMs === null) return 0;
    const newest = (times: number[]) => times.reduce((most, ms) => Math.max(most, ms), 0);
    const runs = [...this.#runs];
    const lastStartMs = newest(runs.map(([, { startedMs }]) => startedMs));
    const lastSeenMs = newest(runs.map(([, { seenMs }]) => seenMs));
    const old = runs.filter(
      ([, { startedMs, seenMs }]) => seenMs < cutMs && startedMs < lastStartMs && seenMs < lastSeenMs,
    );
    for (const [key] of old) this.#runs.delete(key);
    return old.length;
  }

  find({ fromMs, limit }: RunsPlan): StoredRun[] {
    return [...this.#runs.values()]
      .filter((run) => run.seenMs >= fromMs)
      .sort((a, b) => b.startedMs - a.startedMs || byText(b.producer, a.producer))
      .slice(0, limit);
  }
}
