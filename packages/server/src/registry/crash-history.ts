const minuteMs = 60_000;
const hourMinutes = 60;
const loopMs = 10 * minuteMs;
const loopCrashes = 3;
const keptLives = 5;
const mostPerMinute = 65_535;

/**
 * The crashes of one bot in the last hour, by the minute, and whether it is in a crash loop: at
 * least three crashes within 10 minutes, until there was none for 10 minutes. Made at a bot's first
 * crash, as most bots have none.
 *
 * Times are a clock's that never steps, and mostly come in order.
 */
export class CrashHistory {
  readonly #perMinute = new Uint16Array(hourMinutes);
  /** The minute that the newest counter is for. */
  #minute = Number.NaN;
  /** Of the last three crashes, the oldest first. */
  readonly #lastMs: number[] = [];
  readonly #lives: number[] = [];
  #isLoop = false;
  /** What the newest crash changed. */
  #before: { readonly lastMs: readonly number[]; readonly isLoop: boolean } | null = null;

  /** `livedMs`: how long the process lived; null where that is not known. */
  record(atMs: number, livedMs: number | null): void {
    const minute = Math.floor(atMs / minuteMs);
    this.#turnTo(Number.isNaN(this.#minute) ? minute : Math.max(minute, this.#minute));
    if (this.#minute - minute < hourMinutes) {
      const place = placeOf(minute);
      this.#perMinute[place] = Math.min((this.#perMinute[place] as number) + 1, mostPerMinute);
    }
    this.#before = { lastMs: [...this.#lastMs], isLoop: this.#isLoop };
    this.#isLoop = this.isLoop(atMs);
    this.#lastMs.push(atMs);
    this.#lastMs.sort((a, b) => a - b);
    if (this.#lastMs.length > loopCrashes) this.#lastMs.shift();
    const [first = 0, , last = Number.POSITIVE_INFINITY] = this.#lastMs;
    if (last - first <= loopMs) this.#isLoop = true;
    if (livedMs === null) return;
    this.#lives.push(livedMs);
    if (this.#lives.length > keptLives) this.#lives.shift();
  }

  /** The newest crash was none: the process said goodbye all the same, or lives. */
  retract(): void {
    const atMs = this.#lastMs.at(-1);
    if (atMs === undefined || this.#before === null) return;
    this.#lastMs.splice(0, loopCrashes, ...this.#before.lastMs);
    this.#isLoop = this.#before.isLoop;
    this.#before = null;
    const place = placeOf(Math.floor(atMs / minuteMs));
    this.#perMinute[place] = Math.max(0, (this.#perMinute[place] as number) - 1);
    this.#lives.pop();
  }

  isLoop(nowMs: number): boolean {
    return this.#isLoop && nowMs - (this.#lastMs.at(-1) ?? Number.NEGATIVE_INFINITY) < loopMs;
  }

  inHour(nowMs: number): number {
    return this.#inMinutes(nowMs, hourMinutes);
  }

  /**
   * Of the minute that has begun and the ten before it: never less than there were in ten minutes.
   */
  inTenMinutes(nowMs: number): number {
    return this.#inMinutes(nowMs, 11);
  }

  /** The middle one of the last lives that are known, at most five; null where none is. */
  typicalLifeMs(): number | null {
    const sorted = [...this.#lives].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }

  #inMinutes(nowMs: number, minutes: number): number {
    if (Number.isNaN(this.#minute)) return 0;
    this.#turnTo(Math.max(Math.floor(nowMs / minuteMs), this.#minute));
    let sum = 0;
    for (let back = 0; back < minutes; back++) sum += this.#perMinute[placeOf(this.#minute - back)] as number;
    return sum;
  }

  /** Empties the counters of the minutes that begin. */
  #turnTo(minute: number): void {
    const begun = Math.min(minute - this.#minute, hourMinutes);
    for (let back = 0; back < begun; back++) this.#perMinute[placeOf(minute - back)] = 0;
    this.#minute = minute;
  }
}

function placeOf(minute: number): number {
  return ((minute % hourMinutes) + hourMinutes) % hourMinutes;
}
