import { type RowArrival, rowsOf } from "../rows.js";
import { isRow, type Judge, messageOf } from "../wire.js";

/**
 * [C-15]: lines come in the order of the calls. Looked at are usage and metric lines among each
 * other, and a goodbye among them where it was asked for once; a registration or a heartbeat may
 * come earlier, as the newest takes the place of the one that it replaces.
 */
export const judgeC15: Judge = (wire) => {
  const fail = (detail: string) => ({ rule: "C-15", outcome: "fail" as const, detail });
  if (wire.some(({ event }) => event === "threads"))
    return {
      rule: "C-15",
      outcome: "not_exercised",
      detail: "threads called at once, in an order that nobody knows",
    };
  const rows = rowsOf(wire);
  const unasked = rowOfNoCall(wire);
  if (unasked !== undefined) return fail(`no call asked for this row: ${unasked.slice(0, 120)}`);
  const newest = new Map<string, number>();
  let compared = 0;
  for (const { call, channel, line } of rows.arrivals) {
    if (call === undefined) continue;
    const before = newest.get(channel);
    if (before !== undefined) compared++;
    if (call < (before ?? 0)) return fail(`a later line came before this one: ${line.slice(0, 80)}`);
    newest.set(channel, call);
  }
  const goodbye = onlyGoodbye(wire);
  if (goodbye !== undefined) {
    const before = rows.callsUntil(goodbye.calledAtMs);
    const isOwn = ({ call, channel }: RowArrival) => call !== undefined && channel === goodbye.channel;
    const overtaken = rows.arrivals
      .slice(goodbye.cameBehind)
      .find((row) => isOwn(row) && (row.call as number) < before);
    if (overtaken !== undefined)
      return fail(
        `the goodbye came before a line that was asked for earlier: ${overtaken.line.slice(0, 80)}`,
      );
    compared += rows.arrivals.some(isOwn) ? 1 : 0;
  }
  if (compared === 0)
    return { rule: "C-15", outcome: "not_exercised", detail: "no two lines came whose order is known" };
  return { rule: "C-15", outcome: "pass", detail: "the lines came in the order of the calls" };
};

/**
 * A metric that came with a name and a value that no call had; undefined where nothing is known.
 */
function rowOfNoCall(wire: Parameters<Judge>[0]): string | undefined {
  const isUnknown = wire.some(({ event }) => event === "odd_call" || event === "forked" || event === "rest");
  if (isUnknown) return undefined;
  const named = new Set<string>();
  for (const one of wire) {
    const { type, metric_name, value } = one.event === "call" ? (messageOf(one.line) ?? {}) : {};
    if (type === "custom_metric") named.add(`${metric_name} ${value}`);
  }
  return rowsOf(wire).arrivals.find(({ asked, line }) => {
    const { type, metric_name, value } = messageOf(line) ?? {};
    return asked === 0 && type === "custom_metric" && !named.has(`${metric_name} ${value}`);
  })?.line;
}

interface Goodbye {
  readonly channel: string | undefined;
  readonly calledAtMs: number;
  /** How many rows came before it. */
  readonly cameBehind: number;
}

/** The goodbye, where one was asked for and one came. */
function onlyGoodbye(wire: Parameters<Judge>[0]): Goodbye | undefined {
  const called: number[] = [];
  const came: { readonly channel: string | undefined; readonly behind: number }[] = [];
  let behind = 0;
  for (const one of wire) {
    if (one.event !== "call" && one.event !== "line") continue;
    const { type = "", channel } = messageOf(one.line) ?? {};
    if (one.event === "line" && isRow(type)) behind++;
    if (type !== "unregister") continue;
    if (one.event === "call") called.push(one.at_ms);
    else came.push({ channel, behind });
  }
  const [calledAtMs] = called;
  const [only] = came;
  if (calledAtMs === undefined || only === undefined || called.length + came.length > 2) return undefined;
  return { channel: only.channel, calledAtMs, cameBehind: only.behind };
}
