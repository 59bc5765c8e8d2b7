/** A connection that watches the fleet, as the live feed sees it. */
export interface Viewer {
  /** Hands bytes over; never waits and never throws. */
  write(bytes: Uint8Array): void;
  /** How many of them the system has not taken yet. */
  readonly unsentBytes: number;
  /** Ends it at once, whatever is unsent. */
  close(): void;
}
