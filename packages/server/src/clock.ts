/** Where the time comes from; tests bring their own. */
export interface Clock {
  /**
   * Unix milliseconds, a whole number. It may step in either direction: right for what is shown and
   * stored, never for a span.
   */
  wallMs(): number;
  /**
   * Milliseconds since some moment in the past; never goes back. It stands still while the machine
   * is suspended, not while the process is stopped.
   */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
