import { changeFrom, isSameChange, type StatusChange } from "../bot/timeline.js";
import { listOf } from "../link/summary.js";

const spanMs = 24 * 3_600_000;
/** More of one bot are of no use to a strip of a few hundred pixels. */
const mostOfOne = 1_000;

/**
 * The changes of status of the last 24 hours, by channel: what was asked once, and what the stream
 * told since.
 */
export class History {
  #changes = new Map<string, StatusChange[]>();
  #fromMs: number | null = null;
  #revision = 0;

  /** Since when it is whole; null before the first answer. */
  get fromMs(): number | null {
    return this.#fromMs;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Oldest first. */
  of(channel: string): readonly StatusChange[] {
    return this.#changes.get(channel) ?? [];
  }

  /** The cause of a bot's last death; null where none is known. */
  lastDeathOf(channel: string): string | null {
    return this.of(channel).findLast(({ to, from }) => to === "dead" && from !== to)?.cause ?? null;
  }

  /** Of each channel, oldest first. */
  all(): Iterable<readonly StatusChange[]> {
    return this.#changes.values();
  }

  /**
   * `events` is an answer of /api/v1/events, newest first, that was asked for what came since
   * `fromMs`.
   */
  load(events: unknown, fromMs: number, limit: number): void {
    const list = listOf(events);
    const told = list.flatMap((event) => changeFrom(event) ?? []);
    const since = this.#changes;
    this.#changes = new Map();
    for (const change of told.reverse()) this.#keep(change);
    const newestMs = told.at(-1)?.tsMs ?? fromMs;
    for (const changes of since.values()) {
      for (const change of changes) if (change.tsMs >= newestMs) this.add(change);
    }
    // An answer that is full says nothing of what was before its oldest.
    this.#fromMs = list.length >= limit ? (told[0]?.tsMs ?? fromMs) : fromMs;
    this.#revision++;
  }

  /** A change that is known already changes nothing. */
  add(change: StatusChange): void {
    const known = this.#changes.get(change.channel) ?? [];
    if (known.some((one) => isSameChange(one, change))) return;
    this.#keep(change);
    this.#revision++;
  }

  forget(channel: string): void {
    if (this.#changes.delete(channel)) this.#revision++;
  }

  #keep(change: StatusChange): void {
    let changes = this.#changes.get(change.channel);
    if (changes === undefined) {
      changes = [];
      this.#changes.set(change.channel, changes);
    }
    const behind = changes.findIndex(({ tsMs }) => tsMs > change.tsMs);
    changes.splice(behind < 0 ? changes.length : behind, 0, change);
    const oldMs = change.tsMs - spanMs;
    while (changes.length > mostOfOne || (changes[0]?.tsMs ?? oldMs) < oldMs) changes.shift();
  }
}
