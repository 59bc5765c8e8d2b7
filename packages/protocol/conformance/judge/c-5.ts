import { fewestPauses, idleShare, latenessMs, longestBoundMs, longLifeMs, provenMs } from "../limits.js";
import { boundMsAfter, faultOfPauses, type Pause } from "../pauses.js";
import type { Judge, WireEvent } from "../wire.js";

/**
 * [C-5]: pauses are random, their bound grows, and the client never gives up. Seen from the
 * monitor's side: attempts that found nobody leave no trace, so pauses during which the monitor was
 * away are not judged, and for absence there is only the longest bound.
 */
export const judgeC5: Judge = (wire) => {
  const fail = (detail: string, excessMs?: number) => ({
    rule: "C-5",
    outcome: "fail" as const,
    detail,
    ...(excessMs === undefined ? {} : { excessMs }),
  });
  const pauses: Pause[] = [];
  const overdue = collectPauses(wire, pauses);
  if (overdue !== undefined) return fail(overdue.detail, overdue.excessMs);
  const measured = { pauses: pauses.length };
  const busy = busyWhileIdle(wire);
  if (busy !== undefined) return fail(busy, Number.POSITIVE_INFINITY);
  const fault = faultOfPauses(pauses);
  if (fault !== undefined) return fail(fault);
  if (pauses.length < fewestPauses) {
    const detail = `${pauses.length} pauses were seen, and ${fewestPauses} are needed`;
    return { rule: "C-5", outcome: "not_exercised", detail, measured };
  }
  return { rule: "C-5", outcome: "pass", detail: `${pauses.length} random pauses`, measured };
};

/** Less than this a collection of garbage or a compiler takes as well. */
const leastBusyMs = 200;
/** On a busy machine a client that spins gets less, and uses most of what it gets. */
const leastSpinMs = 50;
const spinShare = 0.5;

/** A client that tries again without a pause where nobody listens: only its processor shows it. */
function busyWhileIdle(wire: readonly WireEvent[]): string | undefined {
  for (const one of wire) {
    if (one.event !== "cpu" || one.over_ms === undefined) continue;
    const couldMs = one.over_ms - (one.starved_ms ?? 0);
    const isBusy = one.used_ms >= leastBusyMs && one.used_ms > idleShare * couldMs;
    const spins = one.used_ms >= leastSpinMs && one.used_ms > spinShare * couldMs;
    if (isBusy || spins)
      return `the process used ${one.used_ms} ms of a processor in ${one.over_ms} ms in which nothing happened`;
  }
  return undefined;
}

/** The pauses of a timeline, from each end of a connection to the next attempt that was seen. */
export function pausesOf(wire: readonly WireEvent[]): Pause[] {
  const pauses: Pause[] = [];
  collectPauses(wire, pauses);
  return pauses;
}

interface Overdue {
  readonly detail: string;
  /** How long it was overdue until it came, or until the timeline ended. */
  readonly excessMs: number;
}

/** Adds the pauses to the list; returns what is overdue, if an attempt is. */
function collectPauses(wire: readonly WireEvent[], pauses: Pause[]): Overdue | undefined {
  const hasTimer = !wire.some((one) => one.event === "start" && one.timer === false);
  const open = new Set<number>();
  let failures = 0;
  /** Whether every attempt was seen, so that the bound is known. */
  let isKnown = true;
  let isReachable = true;
  let openedAtMs: number | undefined;
  let ended: { readonly atMs: number; readonly isLong: boolean } | undefined;
  /** When the client knew of the end at the latest: it closed the connection, or was called. */
  let knownAtMs: number | undefined;
  /** Since when an attempt could succeed; for a client without a timer, when it was called then. */
  let possibleAtMs = 0;
  let dueAtMs: number | undefined;
  for (const one of wire) {
    const boundMs = isKnown && ended?.isLong === false ? boundMsAfter(failures) : longestBoundMs;
    const isWaiting = ended !== undefined && isReachable;
    if (isWaiting && hasTimer && knownAtMs !== undefined)
      dueAtMs = Math.max(possibleAtMs, knownAtMs) + boundMs;
    if (isWaiting && dueAtMs !== undefined && one.at_ms > dueAtMs + latenessMs) {
      const waitedMs = Math.round(one.at_ms - possibleAtMs);
      const detail = `no attempt within ${waitedMs} ms, where the bound is ${boundMs} ms`;
      const came = wire.find(({ event, at_ms }) => event === "accepted" && at_ms >= one.at_ms);
      const untilMs = (came ?? wire.at(-1))?.at_ms ?? one.at_ms;
      return { detail, excessMs: untilMs - dueAtMs - latenessMs };
    }
    switch (one.event) {
      case "away":
      case "full":
      case "frozen":
        isReachable = false;
        isKnown = false;
        break;
      case "listening":
      case "thawed":
        isReachable = true;
        possibleAtMs = one.at_ms;
        dueAtMs = undefined;
        break;
      case "call":
      case "burst":
        knownAtMs ??= one.at_ms;
        if (isWaiting && !hasTimer && one.at_ms >= possibleAtMs + boundMs) dueAtMs ??= one.at_ms;
        break;
      case "ended": {
        if (one.how === "half" || openedAtMs === undefined) break;
        const livedMs = one.at_ms - openedAtMs;
        ended = { atMs: one.at_ms, isLong: livedMs >= longLifeMs && one.by === "monitor" };
        openedAtMs = undefined;
        possibleAtMs = one.at_ms;
        dueAtMs = undefined;
        knownAtMs = one.by === "client" ? one.at_ms : undefined;
        open.delete(one.connection);
        // While another connection is open there is nothing to wait for.
        if (open.size > 0) {
          ended = undefined;
          openedAtMs = one.at_ms;
          break;
        }
        failures = livedMs >= provenMs ? 1 : failures + 1;
        if (livedMs >= provenMs && isReachable) isKnown = true;
        break;
      }
      case "accepted":
        if (isWaiting && isKnown && ended?.isLong === false)
          pauses.push({ ms: one.at_ms - ended.atMs, failures });
        open.add(one.connection);
        openedAtMs = one.at_ms;
        ended = undefined;
        break;
      case "close_asked":
      case "exit_asked":
      case "exit":
        return undefined;
    }
  }
  return undefined;
}
