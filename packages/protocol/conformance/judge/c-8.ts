import { missedBeats } from "../limits.js";
import { type Judge, messageOf } from "../wire.js";

const usualIntervalMs = 30_000;
/** This many heartbeats in an interval are too many. */
const manyBeats = 3;

/**
 * [C-8]: signs of life of a registered bot come at most two intervals apart while a connection is
 * open and the monitor reads. Only a client that beats by itself is looked at: where it was given
 * no interval, two usual ones of life have to be seen.
 */
export const judgeC8: Judge = (wire) => {
  const start = wire.find((one) => one.event === "start");
  const given = start?.event === "start" ? start.interval_s : undefined;
  let intervalMs = given === undefined ? usualIntervalMs : given * 1000;
  let sinceMs: number | undefined;
  let longest = 0;
  let beats = 0;
  let hasSaid = given === undefined || given * 1000 === usualIntervalMs;
  for (const one of wire) {
    if (sinceMs !== undefined && one.event !== "thawed")
      longest = Math.max(longest, (one.at_ms - sinceMs) / intervalMs);
    if (longest > missedBeats) {
      const detail = `no sign of life came for ${((longest * intervalMs) / 1000).toFixed(1)} s, where the interval is ${intervalMs / 1000} s`;
      return { rule: "C-8", outcome: "fail", detail, excessMs: (longest - missedBeats) * intervalMs };
    }
    if (["ended", "frozen", "away", "close_asked", "exit_asked", "exit"].includes(one.event))
      sinceMs = undefined;
    if (one.event !== "line") continue;
    const { type, interval_s } = messageOf(one.line) ?? {};
    if (interval_s !== undefined && interval_s !== null) {
      intervalMs = 1000 * interval_s;
      hasSaid = true;
    }
    if (type === "heartbeat") beats++;
    if (type === "register" || type === "heartbeat") sinceMs = one.at_ms;
    if (type === "unregister") sinceMs = undefined;
  }
  const lifeMs = (wire.at(-1)?.at_ms ?? 0) - (start?.at_ms ?? 0);
  if (beats === 0 || lifeMs < missedBeats * intervalMs)
    return { rule: "C-8", outcome: "not_exercised", detail: "less than two intervals of life were seen" };
  const called = wire.filter((one) => one.event === "call" && messageOf(one.line)?.type === "heartbeat");
  if (given !== undefined && beats - called.length > manyBeats * (lifeMs / intervalMs) + manyBeats)
    return { rule: "C-8", outcome: "fail", detail: `${beats} heartbeats came in ${Math.round(lifeMs)} ms` };
  if (!hasSaid) return { rule: "C-8", outcome: "fail", detail: "the interval is not told in interval_s" };
  const detail = `${beats} heartbeats, at most ${longest.toFixed(1)} intervals apart`;
  return { rule: "C-8", outcome: "pass", detail, measured: { beats } };
};
