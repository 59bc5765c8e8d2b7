import type { BotOwner } from "./bot-owner.js";
import type { ProcessClaim } from "./process-claim.js";

/** A `register` line, with the time that the monitor believes. */
export interface Register extends ProcessClaim {
  readonly channel: string;
  readonly features: Readonly<Record<string, boolean>>;
  readonly version: string | null;
  readonly intervalS: number | null;
  /** Why the bot does not work although it is alive; absent or null: it says of no trouble. */
  readonly trouble?: string | null;
  readonly tsMs: number;
  /** The number of the connection that it came over; absent or 0: none that is remembered. */
  readonly connection?: number;
  /** Who sent it; absent: the one that everybody is who is not told apart. */
  readonly owner?: BotOwner | undefined;
}
