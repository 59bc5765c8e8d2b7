import type { Principal } from "../principals/principal.js";
import type { LivenessMessage } from "./waiting-channel.js";

/** Takes a message, and says whether it was processed or why it finds no place in the fleet. */
export type LivenessDrain = (
  message: LivenessMessage,
  receivedAtMs: number,
  connection: number,
  principal: Principal | null,
) => "processed" | "fleet_full" | "over_quota";
