/** A moment on two clocks. */
export interface Moment {
  /** Unix milliseconds: for what is shown and stored. It may step. */
  readonly wallMs: number;
  /**
   * The desk's clock, for spans: it never goes back, and has no time in which the monitor slept.
   */
  readonly clockMs: number;
}
