import type { CauseCode } from "./cause-code.js";
import type { ForgetReason } from "./forget-reason.js";
import { isLastWords } from "./trouble-history.js";

/**
 * Why a bot is in its status; `text` is for people. From bots it contains only their last words,
 * from operators only the names they gave.
 */
export interface Cause {
  readonly code: CauseCode;
  readonly text: string;
}

export const registered: Cause = { code: "registered", text: "registered" };
export const registeredAgain: Cause = { code: "registered_again", text: "registered again" };
export const firstHeartbeat: Cause = { code: "first_heartbeat", text: "first heartbeat" };
export const beatsAgain: Cause = { code: "beats_again", text: "beats again" };
export const saidGoodbye: Cause = { code: "goodbye", text: "said goodbye" };
export const asRecorded: Cause = {
  code: "as_recorded",
  text: "as recorded before the monitor's start",
};

export const inTrouble: Cause = { code: "in_trouble", text: "in trouble" };
export const troubleOver: Cause = { code: "trouble_over", text: "trouble is over" };

/**
 * The same end as the process itself told it in its last words; a monitor knows only that it is
 * gone.
 */
export function inLastWords(cause: Cause, words: string | null): Cause {
  return isLastWords(words) ? { code: cause.code, text: words } : cause;
}

/** The process before still lived. */
export function takenOverBy(pid: number): Cause {
  return { code: "taken_over", text: `taken over by pid ${pid}` };
}

/** The process before had ended. */
export function restartedAs(pid: number): Cause {
  return { code: "restarted", text: `restarted as pid ${pid}` };
}

export function silentFor(spanMs: number): Cause {
  return { code: "silent", text: `no heartbeat for ${seconds(spanMs)} s` };
}

export function processGone(pid: number): Cause {
  return { code: "process_gone", text: `process ${pid} is gone` };
}

export function pidReused(pid: number): Cause {
  return { code: "pid_reused", text: `process ${pid} is gone, another one has its pid` };
}

export function silentAtStart(spanMs: number): Cause {
  return { code: "silent_at_start", text: `not heard for ${spanText(spanMs)} at the monitor's start` };
}

export function processGoneAtStart(pid: number): Cause {
  return { code: "gone_at_start", text: `process ${pid} was gone at the monitor's start` };
}

export function forgottenFor(reason: ForgetReason): Cause {
  const who = reason.kind === "age" ? "" : ` by ${reason.by}`;
  const why = reason.kind === "named" ? "" : `, not online for over ${spanText(reason.forMs)}`;
  return { code: "forgotten", text: `forgotten${who}${why}` };
}

export const forgottenForRoom: Cause = {
  code: "forgotten",
  text: "forgotten to make room for another bot",
};
export const forgottenInPassing: Cause = { code: "forgotten", text: "forgotten after its check" };

/** To a tenth, as 2.5 x an interval may be no whole number. */
function seconds(spanMs: number): number {
  return Math.round(spanMs / 100) / 10;
}

/** In the greatest unit of which there are at least two: nobody reads 16350261 s. */
function spanText(spanMs: number): string {
  const spanS = Math.floor(spanMs / 1_000);
  if (spanS < 120) return `${spanS} s`;
  if (spanS < 7_200) return `${Math.floor(spanS / 60)} min`;
  if (spanS < 172_800) return `${Math.floor(spanS / 3_600)} h`;
  return `${Math.floor(spanS / 86_400)} d`;
}
