import type { ProcessClaim } from "./process-claim.js";

/** A `register` line, with the time that the monitor believes. */
export interface Registration extends ProcessClaim {
  readonly channel: string;
  readonly features: Readonly<Record<string, boolean>>;
  readonly version: string | null;
  readonly intervalS: number | null;
  readonly tsMs: number;
}
