import { rowsOf } from "../rows.js";
import { type Judge, messageOf, type Seen } from "../wire.js";

/**
 * [C-18]: lines do not interleave whatever number of threads call, and a forked child uses no
 * connection of its parent.
 */
export const judgeC18: Judge = (wire) => {
  const fail = (detail: string) => ({ rule: "C-18", outcome: "fail" as const, detail });
  const old = new Set<number>();
  let fork: Seen<"forked"> | undefined;
  let threads = false;
  let wasCut = false;
  let accepted: number[] = [];
  for (const one of wire) {
    if (one.event === "threads") threads = true;
    // What a broken connection makes of lines is C-7's.
    if (one.event === "rest") wasCut = true;
    if (one.event === "accepted") accepted.push(one.connection);
    if (one.event === "forked") {
      fork = one;
      for (const connection of accepted) old.add(connection);
      accepted = [];
    }
    if (one.event !== "line") continue;
    const message = messageOf(one.line);
    if (message === undefined && !wasCut && isMixed(one.line, threads || fork !== undefined))
      return fail(`lines are mixed: ${one.line.slice(0, 120)}`);
    if (fork === undefined || message === undefined || !old.has(one.connection)) continue;
    const { type, pid, value } = message;
    const { from = 0, count = 0 } = fork;
    const isChilds =
      pid === fork.pid ||
      (type === "custom_metric" && value !== undefined && value >= from && value < from + count);
    if (isChilds) return fail(`the forked child uses connection ${one.connection} of its parent`);
  }
  const twice = threads
    ? rowsOf(wire).arrivals.find(({ call, asked }) => call === undefined && asked > 0)
    : undefined;
  if (twice !== undefined) return fail(`two threads sent the same line: ${twice.line.slice(0, 120)}`);
  if (!threads && fork === undefined)
    return {
      rule: "C-18",
      outcome: "not_exercised",
      detail: "no threads called, and the process did not fork",
    };
  return {
    rule: "C-18",
    outcome: "pass",
    detail: threads ? "no line is mixed" : "the child has its own connection",
  };
};

/**
 * Whether the line holds pieces of several, and is not merely the end of one that was cut. A line
 * that only begins wrongly is another rule's where one thread of one process called.
 */
const isMixed = (line: string, isShared: boolean): boolean =>
  line.split(`{"type"`).length > 2 || (isShared && !line.startsWith("{"));
