import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../clock.js";

/** How long a server that is given up goes on accepting what waits for it. */
const longestMs = 1_000;

/**
 * Resolves once the event loop has gone round twice without a connection, of which `accepted` tells
 * the number so far, and after a second at the latest. Node accepts one a turn, so whoever had
 * connected to a server without a path is accepted by then.
 */
export async function untilAccepted(accepted: () => number, clock: Clock): Promise<void> {
  const deadline = clock.monotonicMs() + longestMs;
  for (let quiet = 0; quiet < 2 && clock.monotonicMs() < deadline; ) {
    const before = accepted();
    await nextTurn();
    quiet = accepted() === before ? quiet + 1 : 0;
  }
}
