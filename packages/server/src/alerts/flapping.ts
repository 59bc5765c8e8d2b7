import type { Episode } from "./episode.js";
import type { Moment } from "./moment.js";

/** This many openings within this time are flapping; this time without a change ends it. */
const openings = 3;
export const flappingSpanMs = 1_800_000;
/** An alert that has been open for this long is reported, flapping or not. */
export const steadyMs = 300_000;

interface Swings {
  readonly rule: string;
  readonly subject: string;
  /** When it opened, on the desk's clock, the oldest first. */
  openedClockMs: readonly number[];
  changedClockMs: number;
}

/** Counts how often an alert of one rule on one subject opens. */
export class Flapping {
  readonly #swings = new Map<string, Swings>();

  /** Counts an opening. Returns the number within half an hour if that is flapping, else 0. */
  opened({ rule, subject }: Pick<Episode, "rule" | "subject">, { clockMs }: Pick<Moment, "clockMs">): number {
    const key = keyOf(rule, subject.name);
    const known = this.#swings.get(key);
    const recent = (known?.openedClockMs ?? []).filter((ms) => clockMs - ms < flappingSpanMs);
    const openedClockMs = [...recent, clockMs];
    this.#swings.set(key, { rule, subject: subject.name, openedClockMs, changedClockMs: clockMs });
    return openedClockMs.length >= openings ? openedClockMs.length : 0;
  }

  closed({ rule, subject }: Pick<Episode, "rule" | "subject">, { clockMs }: Pick<Moment, "clockMs">): void {
    const known = this.#swings.get(keyOf(rule, subject.name));
    if (known !== undefined) known.changedClockMs = clockMs;
  }

  /** Those that did not change for half an hour; they are forgotten. */
  settled({ clockMs }: Pick<Moment, "clockMs">): { readonly rule: string; readonly subject: string }[] {
    const found: Swings[] = [];
    for (const [key, swings] of this.#swings) {
      if (clockMs - swings.changedClockMs < flappingSpanMs) continue;
      this.#swings.delete(key);
      found.push(swings);
    }
    return found;
  }

  /** At the monitor's start: so it came and went before. */
  restore(rule: string, subject: string, openedClockMs: readonly number[], changedClockMs: number): void {
    this.#swings.set(keyOf(rule, subject), { rule, subject, openedClockMs, changedClockMs });
  }
}

function keyOf(rule: string, subject: string): string {
  return `${rule}\n${subject}`;
}
