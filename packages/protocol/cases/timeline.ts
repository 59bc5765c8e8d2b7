import type { Happening } from "../conformance/timeline/happening.js";
import type { CaseHead } from "./case.js";

export interface ConductCase extends CaseHead {
  events: Happening[];
  verdict: "good" | "bad";
}

const shoulds = ["C-4", "C-8", "C-10"];

function timeline(verdict: ConductCase["verdict"]) {
  return (id: string, title: string, spec: string, ...events: Happening[]): ConductCase => ({
    id: `${verdict}-${id}`,
    title,
    level: shoulds.includes(spec) ? "should" : "must",
    spec: spec.split(" "),
    events,
    verdict,
  });
}

/** The cases that this version of the protocol and of the suite added. */
export const added = (cases: readonly ConductCase[]): ConductCase[] =>
  cases.map((one) => ({ ...one, since: "1.1", suite: "1.2.0" }));

/** A timeline that keeps every rule; it shows those that it names. */
export const good = timeline("good");

/** A timeline that breaks the one rule that it names. */
export const bad = timeline("bad");

export const start = (max_lines?: number, max_bytes?: number): Happening => ({
  at_ms: 0,
  event: "start",
  ...(max_lines === undefined ? {} : { max_lines }),
  ...(max_bytes === undefined ? {} : { max_bytes }),
});
export const call = (at_ms: number, line: string, took_ms = 0): Happening => ({
  at_ms,
  event: "call",
  line,
  took_ms,
});
export const open = (at_ms: number, connection: number): Happening => ({
  at_ms,
  event: "connect",
  connection,
  outcome: "open",
});
export const refused = (at_ms: number, connection: number): Happening => ({
  at_ms,
  event: "connect",
  connection,
  outcome: "refused",
});
export const sent = (at_ms: number, connection: number, line: string): Happening => ({
  at_ms,
  event: "sent",
  connection,
  line,
});
export const sentPart = (at_ms: number, connection: number, line: string, bytes: number): Happening => ({
  at_ms,
  event: "sent_part",
  connection,
  line,
  bytes,
});
export const sentRest = (at_ms: number, connection: number, line: string): Happening => ({
  at_ms,
  event: "sent_rest",
  connection,
  line,
});
export const waited = (
  at_ms: number,
  connection: number,
  what: "answer" | "drain",
  took_ms: number,
): Happening => ({
  at_ms,
  event: "waited",
  connection,
  for: what,
  took_ms,
});
export const held = (at_ms: number, ...lines: string[]): Happening => ({ at_ms, event: "held", lines });
export const dropped = (
  at_ms: number,
  line: string,
  why: "buffer_full" | "connection_lost" = "buffer_full",
): Happening => ({
  at_ms,
  event: "dropped",
  line,
  why,
});
export const frozen = (at_ms: number): Happening => ({ at_ms, event: "frozen" });
export const thawed = (at_ms: number): Happening => ({ at_ms, event: "thawed" });
export const closed = (
  at_ms: number,
  connection: number,
  by: "monitor" | "client" = "monitor",
): Happening => ({
  at_ms,
  event: "closed",
  connection,
  by,
});
export const exit = (at_ms: number, on_purpose = true): Happening => ({ at_ms, event: "exit", on_purpose });

/** Lines of one bot; `fields` are added. */
export const register = (fields: object = {}) => lineOf("register", { pid: 4242, features: {}, ...fields });
export const beat = (fields: object = {}) => lineOf("heartbeat", { pid: 4242, ...fields });
export const goodbye = (fields: object = {}) => lineOf("unregister", { pid: 4242, ...fields });
export const metric = (value: number) => lineOf("custom_metric", { metric_name: "queue", value });
export const usage = (tokens: number) =>
  lineOf("llm_usage", { model: "gpt-4o-mini", feature: "reply", tokens_in: tokens, tokens_out: 1 });

function lineOf(type: string, fields: object): string {
  return JSON.stringify({ type, channel: "lounge", ...fields });
}
