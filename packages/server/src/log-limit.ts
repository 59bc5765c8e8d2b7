export interface LogLimitOptions {
  /** How many are let through of one kind within a window. */
  readonly most: number;
  readonly windowMs: number;
}

interface Window {
  readonly startMs: number;
  passed: number;
  leftOut: number;
}

/**
 * Decides which of many equal events to log: the first few of each kind, then one count of the
 * others. A window opens with the first event of a kind and ends `windowMs` later; then the count
 * is reported. It keeps one window per kind, so the kinds must be few.
 */
export class LogLimit<Kind> {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #windows = new Map<Kind, Window>();

  constructor({ most, windowMs }: LogLimitOptions) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /**
   * Counts one event and says whether it may be logged. Ask `takeOver` first: a window that is over
   * opens again here.
   */
  admit(kind: Kind, nowMs: number): boolean {
    let window = this.#windows.get(kind);
    if (window === undefined) {
      window = { startMs: nowMs, passed: 0, leftOut: 0 };
      this.#windows.set(kind, window);
    }
    if (window.passed < this.#most) {
      window.passed++;
      return true;
    }
    window.leftOut++;
    return false;
  }

  /** Closes the window of this kind if it is over, and returns how many it left out. */
  takeOver(kind: Kind, nowMs: number): number {
    const window = this.#windows.get(kind);
    if (window === undefined || nowMs - window.startMs < this.#windowMs) return 0;
    this.#windows.delete(kind);
    return window.leftOut;
  }

  /** The kinds that have a window. */
  get kinds(): Kind[] {
    return [...this.#windows.keys()];
  }
}
