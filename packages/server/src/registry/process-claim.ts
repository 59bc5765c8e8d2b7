/** Which process a message says that it comes from. */
export interface ProcessClaim {
  readonly pid: number;
  /** When that process started by its own word, Unix milliseconds; null where it did not say. */
  readonly startedAtMs: number | null;
}
