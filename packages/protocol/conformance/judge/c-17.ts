import { latenessMs, waitedMs } from "../limits.js";
import { rowsOf } from "../rows.js";
import { type Judge, messageOf, type WireEvent } from "../wire.js";

/**
 * [C-17]: a line that waited carries the time of its call in `ts`; a registration that was repeated
 * carries none. Only lines that came a second behind their call say anything, and their time is
 * compared only where the timeline tells what the wall clock said.
 */
export const judgeC17: Judge = (wire) => {
  const fail = (detail: string, excessMs?: number) => ({
    rule: "C-17",
    outcome: "fail" as const,
    detail,
    ...(excessMs === undefined ? {} : { excessMs }),
  });
  const start = wire.find((one) => one.event === "start");
  const beganAtMs = start?.event === "start" ? start.unix_ms : undefined;
  const rows = rowsOf(wire);
  let waited = 0;
  for (const { call, at_ms, ts, line } of rows.arrivals) {
    if (call === undefined || at_ms - rows.calledAtMs(call) < waitedMs) continue;
    waited++;
    if (ts === undefined) return fail(`a line that had waited carries no ts: ${line.slice(0, 80)}`);
    const off = beganAtMs === undefined ? 0 : ts - beganAtMs - rows.calledAtMs(call);
    // The call was asked for a moment before it was made.
    const excessMs = Math.max(-off, off - rows.calledWithinMs(call)) - latenessMs;
    if (excessMs > 0)
      return fail(`ts is ${Math.round(off)} ms off the time of the call: ${line.slice(0, 80)}`, excessMs);
  }
  const repeated = repeatedWithTime(wire);
  if (repeated !== undefined)
    return fail(`a registration that is repeated carries ts: ${repeated.slice(0, 80)}`);
  if (waited === 0) return { rule: "C-17", outcome: "not_exercised", detail: "no line had waited" };
  return { rule: "C-17", outcome: "pass", detail: "lines that had waited carry ts", measured: { waited } };
};

/** A registration with a time that was told before, or for which there was no call. */
function repeatedWithTime(wire: readonly WireEvent[]): string | undefined {
  // A wrong argument of `register` may be left out, and a line follow all the same.
  if (wire.some(({ event }) => event === "odd_call")) return undefined;
  const calls = new Map<string, number>();
  for (const one of wire) {
    if (one.event !== "call" && one.event !== "line") continue;
    const { type, channel = "", pid = 0, ts } = messageOf(one.line) ?? {};
    if (type !== "register") continue;
    const key = `${pid} ${channel}`;
    const left = calls.get(key) ?? 0;
    if (one.event === "call") calls.set(key, left + 1);
    else if (ts !== undefined && left === 0) return one.line;
    else if (ts !== undefined) calls.set(key, left - 1);
  }
  return undefined;
}
