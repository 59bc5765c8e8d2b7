import { performance } from "node:perf_hooks";
import type { WireEvent } from "./wire.js";

type Told = WireEvent extends infer Each ? (Each extends WireEvent ? Omit<Each, "at_ms"> : never) : never;

/** Events as they happen, with their time since the first. */
export class Timeline {
  readonly events: WireEvent[] = [];
  /** Called with each event, when it is told. */
  onTell: ((event: WireEvent) => void) | undefined;
  readonly #startMs = performance.now();

  get nowMs(): number {
    return Math.round(performance.now() - this.#startMs);
  }

  /** Returns the event, so that what is known only later can be filled in. */
  tell<Event extends Told>(event: Event): Event & { at_ms: number } {
    const told = { at_ms: this.nowMs, ...event };
    this.events.push(told as unknown as WireEvent);
    this.onTell?.(told as unknown as WireEvent);
    return told;
  }

  /** How many connections were accepted so far. */
  get accepted(): number {
    return this.events.filter(({ event }) => event === "accepted").length;
  }

  /** The lines that came so far, or those since an event. */
  lines(since = 0): string[] {
    return this.events.slice(since).flatMap((one) => (one.event === "line" ? [one.line] : []));
  }
}
