/** A moment on two clocks. */
export interface Moment {
  /** Unix milliseconds, to show and store. It may step. */
  readonly wallMs: number;
  /**
   * The desk's clock, for spans: it never goes back, and has no time in which the monitor slept.
   */
  readonly clockMs: number;
}
