import { isDeepStrictEqual } from "node:util";
import { Cron } from "croner";
import type { WindowSettings } from "../config/alert-settings.js";
import type { Episode } from "./episode.js";
import { covers, type Quiet } from "./silence.js";

/** One time of a window, Unix milliseconds. */
export interface Opening {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * When a window is open. A time that a clock skips in spring is the next one there is; one that it
 * has twice in autumn is the first. The length is real time.
 */
export class Window {
  readonly terms: WindowSettings;
  readonly timezone: string;
  readonly #cron: Cron;

  /** Throws where the time or the zone is none. */
  constructor(terms: WindowSettings, timezone: string) {
    this.terms = terms;
    this.timezone = terms.timezone ?? timezone;
    this.#cron = new Cron(terms.cron ?? cronOf(terms), { timezone: this.timezone, paused: true });
  }

  /** The opening that covers a time, or null. */
  openAt(wallMs: number): Opening | null {
    // The cron library looks at whole seconds, so start from the next one.
    const runs = this.#cron.previousRuns(2, new Date(wallMs + 1_000)).map((run) => run.getTime());
    const fromMs = runs.find((ms) => ms <= wallMs);
    if (fromMs === undefined) return null;
    const untilMs = fromMs + this.terms.forMs;
    return wallMs < untilMs ? { fromMs, untilMs } : null;
  }

  /** The next openings after a time. */
  next(count: number, wallMs: number): Opening[] {
    return this.#cron.nextRuns(count, new Date(wallMs)).map((date) => ({
      fromMs: date.getTime(),
      untilMs: date.getTime() + this.terms.forMs,
    }));
  }
}

function cronOf({ every, at }: WindowSettings): string {
  const [hour = "0", minute = "0"] = (at ?? "00:00").split(":");
  return `0 ${Number(minute)} ${Number(hour)} * * ${every === null ? "*" : every.join(",")}`;
}

/** How long an answer of the windows holds at most: asking one costs 70 µs. */
const keptMs = 60_000;
/** So many windows that are over are remembered, to say which one ended. */
const mostOver = 20;

function isSameWindow(one: Window, other: Window): boolean {
  return one.timezone === other.timezone && isDeepStrictEqual(one.terms, other.terms);
}

interface OpenWindow {
  readonly window: Window;
  readonly opening: Opening;
}

/** All windows, and which are open. */
export class Windows {
  readonly all: readonly Window[];
  #open: readonly OpenWindow[] = [];
  #over: readonly OpenWindow[] = [];
  #askedMs = Number.NaN;
  #validUntilMs = Number.NaN;

  constructor(terms: readonly WindowSettings[], timezone: string) {
    this.all = terms.map((one) => new Window(one, timezone));
  }

  /** The window that holds an alert back now, or null. */
  covering(episode: Episode, wallMs: number): Quiet | null {
    return this.all.length === 0 ? null : this.#find(this.#openAt(wallMs), episode);
  }

  /**
   * Takes the place of others: to what they kept quiet, those of them that were open and are no
   * longer have ended now.
   */
  follow(before: Windows, wallMs: number): void {
    const open = this.#openAt(wallMs);
    const ended = before
      .#openAt(wallMs)
      .filter(({ window }) => !open.some((other) => isSameWindow(other.window, window)))
      .map(({ window, opening: { fromMs } }) => ({ window, opening: { fromMs, untilMs: wallMs } }));
    this.#over = [...ended, ...before.#over].slice(0, mostOver);
  }

  /** The most recently ended window of those that were open during the alert. */
  lastOver(episode: Episode, wallMs: number): Quiet | null {
    if (this.all.length === 0 && this.#over.length === 0) return null;
    this.#openAt(wallMs);
    const over = this.#over.filter(({ opening }) => opening.untilMs > episode.openedMs);
    return this.#find(over, episode);
  }

  #find(windows: readonly OpenWindow[], episode: Episode): Quiet | null {
    const found = windows.find(({ window: { terms } }) =>
      covers({ channels: terms.bots, rules: terms.rules }, episode),
    );
    if (found === undefined) return null;
    const { window, opening } = found;
    return { kind: "window", id: null, by: null, why: window.terms.why, untilMs: opening.untilMs };
  }

  #openAt(wallMs: number): readonly OpenWindow[] {
    if (wallMs >= this.#askedMs && wallMs < this.#validUntilMs) return this.#open;
    const open = this.all.flatMap((window) => {
      const opening = window.openAt(wallMs);
      return opening === null ? [] : [{ window, opening }];
    });
    const ended = this.#open.filter(({ opening }) => opening.untilMs <= wallMs);
    const next = this.all.flatMap((window) => window.next(1, wallMs).map(({ fromMs }) => fromMs));
    const ends = open.map(({ opening }) => opening.untilMs);
    this.#over = [...ended, ...this.#over].slice(0, mostOver);
    this.#open = open;
    this.#askedMs = wallMs;
    this.#validUntilMs = Math.min(wallMs + keptMs, ...next, ...ends);
    return open;
  }
}
