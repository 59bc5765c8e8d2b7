/*
 * Why a bot is in its status, for people. Nothing that a bot wrote comes into these sentences.
 */

export const registered = "registered";
export const registeredAgain = "registered again";
export const firstHeartbeat = "first heartbeat";
export const beatsAgain = "beats again";
export const saidGoodbye = "said goodbye";
export const asRecorded = "as recorded before the monitor's start";

export function takenOverBy(pid: number): string {
  return `taken over by pid ${pid}`;
}

export function silentFor(spanMs: number): string {
  return `no heartbeat for ${seconds(spanMs)} s`;
}

export function processGone(pid: number): string {
  return `process ${pid} is gone`;
}

export function pidReused(pid: number): string {
  return `process ${pid} is gone, another one has its pid`;
}

export function silentAtStart(spanMs: number): string {
  return `not heard for ${Math.floor(spanMs / 1_000)} s at the monitor's start`;
}

export function processGoneAtStart(pid: number): string {
  return `process ${pid} was gone at the monitor's start`;
}

/** To a tenth, as 2.5 x an interval may be no whole number. */
function seconds(spanMs: number): number {
  return Math.round(spanMs / 100) / 10;
}
