import type { Place } from "./fault.js";

/**
 * A client under test: one call reports one call of a language model, as far as the client can say
 * that.
 */
export interface Subject {
  call(i: number): void;
  /** Flushes and ends, in the client's own way. */
  close(): Promise<unknown>;
}

/** The clients that are compared, ours first. */
export const subjects = [
  "@kissbot/client",
  "hot-shots 17",
  "fluent-logger 3.4",
  "OpenTelemetry BatchSpanProcessor",
] as const;

/** What the measuring itself costs: a call of nothing. */
export const nothing = "nothing: the clock alone";

export type SubjectName = (typeof subjects)[number] | typeof nothing;

/**
 * The client with that name, connected or trying to. No other is loaded: what it leaves on the heap
 * is its own affair.
 */
export async function openSubject(name: SubjectName, place: Place): Promise<Subject> {
  switch (name) {
    case nothing:
      return { call: () => {}, close: () => Promise.resolve() };
    case "@kissbot/client":
      return (await import("./subject-kissbot.js")).open(place);
    case "hot-shots 17":
      return (await import("./subject-hot-shots.js")).open(place);
    case "fluent-logger 3.4":
      return (await import("./subject-fluent.js")).open(place);
    case "OpenTelemetry BatchSpanProcessor":
      return (await import("./subject-telemetry.js")).open(place);
  }
}
