import { rowsOf } from "../rows.js";
import { type Judge, messageOf } from "../wire.js";

/**
 * [C-4]: `dropped` never falls, tells no line that came, and tells all that did not come once
 * nothing waits any more. The latter is known of a heartbeat that comes behind the newest row, and
 * only where no connection was ended by the monitor, who may have left lines unread.
 */
export const judgeC4: Judge = (wire) => {
  const rows = rowsOf(wire);
  const fail = (detail: string) => ({ rule: "C-4", outcome: "fail" as const, detail });
  const lastTold = new Map<string, number>();
  // Of several clients each counts its own losses.
  let isExact = new Set(rows.arrivals.map(({ channel }) => channel)).size <= 1;
  let all = 0;
  let newest = -1;
  let next = 0;
  let checked = 0;
  for (const one of wire) {
    if (one.event === "ended" && one.by === "monitor") isExact = false;
    if (one.event !== "line") continue;
    const arrival = rows.arrivals[next];
    if (arrival?.line === one.line && arrival.at_ms === one.at_ms) {
      newest = Math.max(newest, arrival.call ?? -1);
      next++;
    }
    const message = messageOf(one.line);
    if (message?.type !== "heartbeat") continue;
    const told = message.dropped ?? 0;
    const bot = JSON.stringify([message.channel, message.pid]);
    const before = lastTold.get(bot) ?? 0;
    const calls = rows.callsUntil(one.at_ms);
    const lost = rows.lostOf(calls);
    if (told < before) return fail(`dropped fell from ${before} to ${told}`);
    if (told > lost) return fail(`dropped is ${told}, and ${lost} of ${calls} lines did not come`);
    lastTold.set(bot, told);
    all = told;
    if (!isExact || newest !== calls - 1 || lost === 0) continue;
    checked++;
    if (told !== lost) return fail(`dropped is ${told}, and ${lost} of ${calls} lines were lost`);
  }
  if (checked === 0)
    return { rule: "C-4", outcome: "not_exercised", detail: "no heartbeat came behind lines that were lost" };
  const detail = `dropped told the ${all} lines that were lost`;
  return { rule: "C-4", outcome: "pass", detail, measured: { lost: all } };
};
