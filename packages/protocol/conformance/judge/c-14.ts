import { latenessMs, longestBoundMs, mostGrownBytes, talkedBytes } from "../limits.js";
import type { Judge } from "../wire.js";

/**
 * [C-14]: a client with a timer notices the end of an idle connection and opens another without a
 * call, and what the monitor says is discarded in bounded memory.
 */
export const judgeC14: Judge = (wire) => {
  const start = wire.find((one) => one.event === "start");
  const hasTimer = start?.event !== "start" || start.timer !== false;
  const grown = growthWhileTold(wire);
  if (grown !== undefined && grown > mostGrownBytes) {
    const detail = `the process grew by ${mebibytes(grown)} MiB while the monitor talked`;
    return {
      rule: "C-14",
      outcome: "fail",
      detail,
      excessMs: Number.POSITIVE_INFINITY,
      measured: { grown_bytes: grown },
    };
  }
  let listens = false;
  let awayAtMs: number | undefined;
  let endings = 0;
  let mayTakeMs: number = longestBoundMs;
  let endedAtMs: number | undefined;
  let noticedMs: number | undefined;
  for (const one of wire) {
    if (endedAtMs !== undefined && listens && hasTimer && one.at_ms - endedAtMs > mayTakeMs + latenessMs) {
      const detail = `the end of an idle connection was not noticed within ${Math.round((one.at_ms - endedAtMs) / 1000)} s`;
      const excessMs = laterMs(wire, one.at_ms) - endedAtMs - mayTakeMs - latenessMs;
      return { rule: "C-14", outcome: "fail", level: "should", detail, excessMs };
    }
    if (one.event === "listening") {
      listens = true;
      if (endedAtMs !== undefined) endedAtMs = one.at_ms;
      // The bound doubles at most as often as pauses fit into the absence.
      if (endings <= 1 && awayAtMs !== undefined)
        mayTakeMs = Math.min(longestBoundMs, Math.max(shortAbsenceMs, 8 * (one.at_ms - awayAtMs)));
    }
    if (one.event === "away" || one.event === "full") {
      listens = false;
      awayAtMs = one.at_ms;
    }
    if (one.event === "ended" && one.by === "monitor") {
      endedAtMs = one.at_ms;
      // After several failures the bound may have grown to its most.
      if (++endings > 1) mayTakeMs = longestBoundMs;
    }
    if (["call", "burst", "close_asked", "exit_asked", "exit", "frozen"].includes(one.event))
      endedAtMs = undefined;
    if (one.event !== "accepted" || endedAtMs === undefined) continue;
    noticedMs = one.at_ms - endedAtMs;
    endedAtMs = undefined;
  }
  if (noticedMs === undefined && grown === undefined)
    return {
      rule: "C-14",
      outcome: "not_exercised",
      detail: "no idle connection ended, and the monitor said little",
    };
  const details = [
    ...(noticedMs === undefined ? [] : [`noticed the end of an idle connection in ${noticedMs} ms`]),
    ...(grown === undefined ? [] : [`grew by ${mebibytes(grown)} MiB while the monitor talked`]),
  ];
  return { rule: "C-14", outcome: "pass", detail: details.join("; ") };
};

/** When the next connection came, or the timeline ended. */
const laterMs = (wire: Parameters<Judge>[0], sinceMs: number): number =>
  (wire.find(({ event, at_ms }) => event === "accepted" && at_ms >= sinceMs) ?? wire.at(-1))?.at_ms ?? 0;

/** After an absence of a second at most the bound has grown no further. */
const shortAbsenceMs = 8_000;

/** How much the process grew over what the monitor said; undefined where that was little. */
function growthWhileTold(wire: Parameters<Judge>[0]): number | undefined {
  let told = 0;
  let beforeBytes: number | undefined;
  let grown: number | undefined;
  for (const one of wire) {
    if (one.event === "talked") told += one.bytes;
    if (one.event !== "rss") continue;
    if (beforeBytes !== undefined && told >= talkedBytes)
      grown = Math.max(grown ?? 0, one.bytes - beforeBytes);
    beforeBytes = one.bytes;
    told = 0;
  }
  return grown;
}

const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
