import type { ForwardStatus } from "./forward-loop.js";

/** What the thread is started with. */
export interface FleetSetup {
  /** Of the database whose rows are sent. */
  readonly path: string;
  readonly url: string;
  readonly name: string;
  readonly backlogRowsPerSecond: number;
}

export type ToFleet = { readonly kind: "close" };

export type FromFleet =
  | { readonly kind: "status"; readonly status: ForwardStatus }
  | { readonly kind: "warning"; readonly sentence: string };
