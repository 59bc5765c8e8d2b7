import type { BotOwner } from "./bot-owner.js";
import type { ProcessClaim } from "./process-claim.js";

/** A `heartbeat` line, with the time that the monitor believes. */
export interface Heartbeat extends ProcessClaim {
  readonly channel: string;
  /** What the bot measured of itself; null where it did not. */
  readonly rssMb: number | null;
  readonly cpuPct: number | null;
  /** Rows that its client lost since it started; null where it did not say. */
  readonly dropped: number | null;
  readonly intervalS: number | null;
  /** Why the bot does not work although it is alive; absent or null: it says of no trouble. */
  readonly trouble?: string | null;
  readonly tsMs: number;
  /** The number of the connection that it came over; absent or 0: none that is remembered. */
  readonly connection?: number;
  /** Who sent it; absent: the one that everybody is who is not told apart. */
  readonly owner?: BotOwner | undefined;
}
