import type { BotStatus } from "../bot-status.js";
import type { HostState } from "./fleet-host.js";

/** `unknown`: its host has not said for a while how it is. */
export type EffectiveStatus = BotStatus | "unknown";

/**
 * The status of a bot of another host. What its monitor said last counts while the host is up and
 * the database answers; a host that is gone makes no bot dead.
 */
export function effectiveStatus(
  reported: BotStatus,
  { hostState, isAway }: { readonly hostState: HostState; readonly isAway: boolean },
): EffectiveStatus {
  return hostState === "up" && !isAway ? reported : "unknown";
}
