/**
 * What a monitor sees of a client, what the client was asked for meanwhile, and what its process
 * used. A timeline of these is what every judge gets, from a live run as from a file. `at_ms`:
 * milliseconds since the first event. The README of the fixtures explains each event.
 */
export type WireEvent = { at_ms: number } & (
  | ({ event: "start" } & Start)
  | ({ event: "call"; line: string } & Took)
  | ({
      event: "burst";
      channel: string;
      from: number;
      count: number;
      p50_ms?: number;
      p99_ms?: number;
      lasted_ms?: number;
    } & Took)
  | ({ event: "threads"; channel: string; from: number; threads: number; count: number } & Took)
  | ({ event: "odd_call"; what: string } & Took)
  | { event: "raised"; what: string }
  | { event: "listening" | "away" | "full" | "frozen" | "thawed" }
  | { event: "accepted"; connection: number }
  | { event: "bytes"; connection: number; bytes: number }
  | { event: "line"; connection: number; line: string }
  | { event: "rest"; connection: number; rest: string }
  | { event: "ended"; connection: number; by: "client" | "monitor"; how: Ending }
  | { event: "talked"; bytes: number }
  | { event: "rss"; bytes: number }
  | { event: "cpu"; used_ms: number; over_ms?: number; starved_ms?: number }
  | { event: "inheritable"; sockets: number }
  | { event: "close_asked" }
  | ({ event: "closed"; timeout_ms: number } & Took)
  | { event: "exit_asked"; how: "return" | "code" | "crash"; code?: number }
  | { event: "forked"; pid: number; from?: number; count?: number }
  | { event: "alive"; after_ms: number; starved_ms?: number }
  | { event: "exit"; code: number | null; signal?: string; expected_code?: number; starved_ms?: number }
);

/** How long a call took, of several the slowest. */
export interface Took {
  took_ms: number;
  /** How long the process was ready to run meanwhile and had no processor, where that is known. */
  starved_ms?: number;
}

/** What is known of the client before it is asked for anything. */
export interface Start {
  /** The bounds of the usage and metric lines that it holds. */
  max_lines?: number;
  max_bytes?: number;
  /** How often it beats, if it was given an interval. */
  interval_s?: number;
  /** Whether it acts by itself; false: only when it is called. Absent: true. */
  timer?: boolean;
  /** The wall clock at `at_ms` 0. */
  unix_ms?: number;
  /** When its process started. */
  started_at?: number;
  /** What stands in the environment, and where the monitor of this timeline listens. */
  environment?: Readonly<Record<string, string>>;
  listens?: "named" | "default";
}

/** `half`: the monitor ended its side and reads on. */
export type Ending = "closed" | "reset" | "half";

/** An event of that kind. */
export type Seen<Kind extends WireEvent["event"]> = Extract<WireEvent, { event: Kind }>;

/** `not_exercised`: nothing that was seen could have broken the rule. */
export type Outcome = "pass" | "fail" | "not_exercised" | "inconclusive";

/** The verdict on one rule. `detail` is a sentence with what was seen. */
export interface Judgement {
  rule: string;
  outcome: Outcome;
  detail: string;
  /** Less than the rule says: a `should` within a rule that is a must. */
  level?: "should";
  /**
   * A busy machine may have made the failure, by which a limit was passed by so much: it is tried
   * once more, and says nothing where the machine alone is as slow.
   */
  excessMs?: number;
  measured?: Readonly<Record<string, number>>;
}

/** Looks at a timeline for one rule of chapter 8. Pure: equal timelines give equal judgements. */
export type Judge = (wire: readonly WireEvent[]) => Judgement;

/** The fields of a message that a judge looks at. */
export interface WireMessage {
  readonly type: string;
  readonly channel?: string;
  readonly metric_name?: string;
  readonly value?: number;
  readonly pid?: number;
  readonly dropped?: number;
  readonly interval_s?: number;
  readonly started_at?: number;
  readonly ts?: number;
}

/** The object that the line holds; undefined where it holds none. */
export function messageOf(line: string): WireMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isMessage = typeof value === "object" && value !== null && "type" in value;
    return isMessage && typeof value.type === "string" ? (value as WireMessage) : undefined;
  } catch {
    return undefined;
  }
}

export function isRow(type: string): boolean {
  return type === "llm_usage" || type === "custom_metric";
}
