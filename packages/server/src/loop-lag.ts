import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Clock } from "./clock.js";

export interface LagOfMinute {
  /** The event loop was later than this in one hundredth of the time. */
  readonly p99Ms: number;
  readonly maxMs: number;
}

const lookMs = 20;
const slotMs = 10_000;
const slots = 6;
/** A longer stall fills the whole minute. */
const mostLooks = (slots * slotMs) / lookMs;

/**
 * How late the event loop came to its timers in the last minute. It looks fifty times a second. A
 * stall counts once for each look that it kept from happening, so that the percentile is one of
 * time: a stall of a second is more than a hundredth of a minute, though one look alone was late.
 */
export class LoopLag {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #slots: RecordableHistogram[] = [];
  #slotEndMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor({ clock }: { readonly clock: Pick<Clock, "monotonicMs"> }) {
    this.#clock = clock;
  }

  async start(): Promise<void> {
    if (this.#timer !== null) return;
    this.#lookedAtMs = this.#clock.monotonicMs();
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Null before the first look. */
  ofMinute(): LagOfMinute | null {
    if (this.#slots.length === 0) return null;
    const all = createHistogram();
    for (const slot of this.#slots) all.add(slot);
    return { p99Ms: msOf(all.percentile(99)), maxMs: msOf(all.max) };
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#slotEndMs) {
      this.#slotEndMs = nowMs + slotMs;
      this.#slots.push(createHistogram());
      if (this.#slots.length > slots) this.#slots.shift();
    }
    const slot = this.#slots.at(-1) as RecordableHistogram;
    const lateMs = Math.max(0, nowMs - this.#lookedAtMs - lookMs);
    this.#lookedAtMs = nowMs;
    slot.record(microsecondsOf(lateMs));
    const missed = Math.min(Math.floor(lateMs / lookMs), mostLooks);
    for (let i = 1; i <= missed; i++) slot.record(microsecondsOf(lateMs - i * lookMs));
  }
}

/** A histogram takes whole numbers from 1. */
function microsecondsOf(ms: number): number {
  return Math.max(1, Math.round(ms * 1_000));
}

function msOf(microseconds: number): number {
  return Math.round(microseconds / 100) / 10;
}
