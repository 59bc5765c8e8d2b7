import { type Rows, rowsOf } from "../rows.js";
import { type Judge, messageOf, type WireEvent } from "../wire.js";

interface Cut {
  readonly connection: number;
  readonly rest: string;
}

/**
 * [C-7]: what a broken connection cut is neither continued on a later one nor sent again, and no
 * call is told twice. It is exercised where a connection ended within a line and another came.
 */
export const judgeC7: Judge = (wire) => {
  const fail = (detail: string) => ({ rule: "C-7", outcome: "fail" as const, detail });
  const rows = rowsOf(wire);
  // Where threads called at once, a line that came twice is C-18's.
  const isShared = wire.some(({ event }) => event === "threads");
  const twice = rows.arrivals.find(({ call, asked }) => call === undefined && asked > 0);
  if (!isShared && twice !== undefined)
    return fail(`a line came more often than it was asked for: ${shown(twice.line)}`);
  const cuts = new Map<number, Cut>();
  const judged = new Set<number>();
  let followed = 0;
  for (const one of wire) {
    if (one.event === "rest") cuts.set(one.connection, one);
    if (one.event === "accepted") followed += cuts.size > 0 ? 1 : 0;
    if (one.event !== "line") continue;
    const cut = lastBefore(cuts, one.connection);
    if (cut === undefined) continue;
    if (messageOf(one.line) === undefined && messageOf(cut.rest + one.line) !== undefined)
      return fail(`connection ${one.connection} continues the line that broke off: ${shown(one.line)}`);
    if (judged.has(one.connection)) continue;
    judged.add(one.connection);
    if (isSentAgain(rows, wire, cut, one.connection))
      return fail(`connection ${one.connection} repeats the line that broke off: ${shown(cut.rest)}`);
  }
  if (followed === 0)
    return { rule: "C-7", outcome: "not_exercised", detail: "no connection ended within a line" };
  return { rule: "C-7", outcome: "pass", detail: "no line that broke off came again" };
};

function lastBefore(cuts: ReadonlyMap<number, Cut>, connection: number): Cut | undefined {
  let last: Cut | undefined;
  for (const cut of cuts.values()) if (cut.connection < connection) last = cut;
  return last;
}

/**
 * Whether the first row of that connection is the one that broke off: it begins like it, and it is
 * the row that was due when the line was cut. Rows between the two may have been the ones that were
 * cut, so then nothing is known.
 */
function isSentAgain(rows: Rows, wire: readonly WireEvent[], cut: Cut, connection: number): boolean {
  const first = rows.arrivals.find((arrival) => arrival.connection === connection);
  if (first?.call === undefined || !first.line.startsWith(cut.rest)) return false;
  const before = rows.arrivals.filter((arrival) => arrival.connection <= cut.connection);
  const due = Math.max(-1, ...before.map(({ call }) => call ?? -1)) + 1;
  if (first.call !== due) return false;
  // What broke off may have been a state line, which begins with its type as a row does.
  const cutAtMs = wire.find((one) => one.event === "rest" && one.connection === cut.connection)?.at_ms ?? 0;
  return rows.calledAtMs(first.call) <= cutAtMs && cut.rest.includes(messageOf(first.line)?.type as string);
}

function shown(line: string): string {
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
