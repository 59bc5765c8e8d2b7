import type { Ending, Start, WireEvent } from "../../conformance/wire.js";
import type { CaseHead } from "../case.js";

export interface WireCase extends CaseHead {
  wire: WireEvent[];
  verdict: "good" | "bad";
}

const shoulds = ["C-4", "C-8", "C-10", "C-14", "C-17"];

function timeline(verdict: WireCase["verdict"]) {
  return (id: string, title: string, spec: string, ...wire: WireEvent[]): WireCase => ({
    id: `${verdict}-${id}`,
    title,
    level: shoulds.includes(spec) ? "should" : "must",
    spec: [spec],
    since: "1.1",
    suite: "1.2.0",
    wire,
    verdict,
  });
}

/** What a monitor sees of a client that keeps the rule and every other one. */
export const good = timeline("good");

/** What it sees of one that breaks the rule, and no other. */
export const bad = timeline("bad");

export const start = (fields: Start = {}): WireEvent => ({ at_ms: 0, event: "start", ...fields });
export const call = (at_ms: number, line: string, took_ms = 0): WireEvent => ({
  at_ms,
  event: "call",
  line,
  took_ms,
});
export const oddCall = (at_ms: number, what: string, took_ms = 0): WireEvent => ({
  at_ms,
  event: "odd_call",
  what,
  took_ms,
});
export const burst = (at_ms: number, from: number, count: number, took_ms = 0): WireEvent => ({
  at_ms,
  event: "burst",
  channel: "lounge",
  from,
  count,
  took_ms,
});
export const threads = (at_ms: number, number: number, count: number): WireEvent => ({
  at_ms,
  event: "threads",
  channel: "lounge",
  from: 0,
  threads: number,
  count,
  took_ms: 1,
});
export const monitor = (
  at_ms: number,
  event: "listening" | "away" | "full" | "frozen" | "thawed",
): WireEvent => ({ at_ms, event });
export const accepted = (at_ms: number, connection: number): WireEvent => ({
  at_ms,
  event: "accepted",
  connection,
});
export const came = (at_ms: number, connection: number, line: string): WireEvent => ({
  at_ms,
  event: "line",
  connection,
  line,
});
export const rest = (at_ms: number, connection: number, text: string): WireEvent => ({
  at_ms,
  event: "rest",
  connection,
  rest: text,
});
export const ended = (
  at_ms: number,
  connection: number,
  by: "client" | "monitor" = "monitor",
  how: Ending = "closed",
): WireEvent => ({ at_ms, event: "ended", connection, by, how });
export const raised = (at_ms: number, what: string): WireEvent => ({ at_ms, event: "raised", what });
export const talked = (at_ms: number, bytes: number): WireEvent => ({ at_ms, event: "talked", bytes });
export const rss = (at_ms: number, bytes: number): WireEvent => ({ at_ms, event: "rss", bytes });
export const closeAsked = (at_ms: number): WireEvent => ({ at_ms, event: "close_asked" });
export const exitAsked = (at_ms: number): WireEvent => ({ at_ms, event: "exit_asked", how: "return" });
export const exitAskedWith = (at_ms: number, code: number): WireEvent => ({
  at_ms,
  event: "exit_asked",
  how: "code",
  code,
});
export const crashAsked = (at_ms: number): WireEvent => ({ at_ms, event: "exit_asked", how: "crash" });
export const exited = (at_ms: number, code = 0): WireEvent => ({ at_ms, event: "exit", code });
export const killed = (at_ms: number, signal: string): WireEvent => ({
  at_ms,
  event: "exit",
  code: null,
  signal,
});
export const forked = (at_ms: number, pid: number): WireEvent => ({ at_ms, event: "forked", pid });

/** A row of a burst, and the rows from one to another. */
export const row = (value: number, fields: object = {}): string =>
  JSON.stringify({ type: "custom_metric", channel: "lounge", metric_name: "n", value, ...fields });
export const rows = (
  at_ms: number,
  connection: number,
  from: number,
  to: number,
  fields: object = {},
): WireEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => came(at_ms, connection, row(from + i, fields)));
