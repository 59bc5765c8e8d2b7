import { longestEndMs } from "../limits.js";
import { rowsOf } from "../rows.js";
import { type Judge, messageOf, type WireEvent } from "../wire.js";

/**
 * [C-13]: the client neither keeps its process alive nor changes its exit code, and closing has a
 * deadline.
 */
export const judgeC13: Judge = (wire) => {
  const fail = (detail: string, excessMs?: number) => ({
    rule: "C-13",
    outcome: "fail" as const,
    detail,
    ...(excessMs === undefined ? {} : { excessMs }),
  });
  let asked: { atMs: number; how: string; code: number | undefined } | undefined;
  let endMs: number | undefined;
  for (const one of wire) {
    if (one.event === "closed" && one.took_ms > one.timeout_ms + longestEndMs - 500)
      return fail(
        `closing took ${Math.round(one.took_ms)} ms, where ${one.timeout_ms} ms were given`,
        one.took_ms - (one.starved_ms ?? 0) - one.timeout_ms - longestEndMs + 500,
      );
    if (one.event === "exit_asked") asked = { atMs: one.at_ms, how: one.how, code: one.code };
    if (one.event === "alive")
      return fail(
        `the process did not end within ${one.after_ms} ms`,
        one.after_ms - (one.starved_ms ?? 0) - longestEndMs,
      );
    if (one.event !== "exit" || asked === undefined) continue;
    endMs = one.at_ms - asked.atMs;
    if (endMs > longestEndMs)
      return fail(`the process took ${endMs} ms to end`, endMs - (one.starved_ms ?? 0) - longestEndMs);
    if (one.signal !== undefined && one.signal !== "SIGPIPE" && asked.how !== "crash")
      return fail(`the process ended by ${one.signal}`);
    const expected = one.expected_code ?? asked.code ?? 0;
    if (one.signal === undefined && asked.how !== "crash" && one.code !== expected)
      return fail(`the process ended with code ${one.code}, not ${expected}`);
    if (asked.how === "crash" && one.expected_code !== undefined && one.code !== one.expected_code)
      return fail(
        `the process crashed with code ${one.code}, and without a client with ${one.expected_code}`,
      );
  }
  const lively = livesOn(wire);
  if (lively !== undefined) return fail(lively);
  const closed = wire.some(({ event }) => event === "closed");
  if (endMs === undefined && !closed)
    return { rule: "C-13", outcome: "not_exercised", detail: "neither the client nor its process ended" };
  if (endMs === undefined) return { rule: "C-13", outcome: "pass", detail: "the client closed in time" };
  return {
    rule: "C-13",
    outcome: "pass",
    detail: `the process ended in ${endMs} ms`,
    measured: { end_ms: endMs },
  };
};

/** A row that was called for after the client had closed, or a connection that it opened then. */
function livesOn(wire: readonly WireEvent[]): string | undefined {
  const closed = wire.findIndex(({ event }) => event === "closed");
  const bots = wire.flatMap((one) => (one.event === "call" ? [messageOf(one.line)?.channel] : []));
  // Of several clients only one has closed.
  if (closed < 0 || new Set(bots).size > 1) return undefined;
  const later = wire.slice(closed + 1).filter(({ at_ms }) => at_ms > (wire[closed]?.at_ms ?? 0));
  const next = later.findIndex(({ event }) => event === "call");
  if (next < 0) return undefined;
  const rows = rowsOf(wire);
  const calls = rows.callsUntil((later[next]?.at_ms ?? 0) - 1);
  const row = rows.arrivals.find(({ call }) => call !== undefined && call >= calls);
  if (row !== undefined) return `a closed client sent what it was called for: ${row.line.slice(0, 80)}`;
  const isOpened = later.slice(next).some(({ event }) => event === "accepted");
  return isOpened ? "a closed client opened a connection when it was called" : undefined;
}
