import { startToleranceMs } from "../limits.js";
import { type Judge, messageOf } from "../wire.js";

/**
 * [C-10]: the lines of one process carry the same `started_at`, if they carry one, and where the
 * timeline knows when the process started, that.
 */
export const judgeC10: Judge = (wire) => {
  const told = new Map<number, number>();
  const children = new Set<number>();
  let known: number | undefined;
  for (const one of wire) {
    if (one.event === "start") known = one.started_at;
    if (one.event === "forked") children.add(one.pid);
    if (one.event !== "line") continue;
    const { started_at, pid } = messageOf(one.line) ?? {};
    if (typeof started_at !== "number" || (pid !== undefined && children.has(pid))) continue;
    told.set(started_at, (told.get(started_at) ?? 0) + 1);
  }
  if (told.size === 0)
    return { rule: "C-10", outcome: "not_exercised", detail: "no line carries started_at" };
  if (told.size > 1) {
    const detail = `the lines carry ${told.size} different started_at: ${[...told.keys()].slice(0, 3).join(", ")}`;
    return { rule: "C-10", outcome: "fail", detail };
  }
  const [only = 0] = told.keys();
  const offMs = known === undefined ? 0 : Math.abs(only - known);
  if (offMs > startToleranceMs) {
    const detail = `started_at is ${Math.round(offMs)} ms off the start of the process`;
    return { rule: "C-10", outcome: "fail", detail, measured: { off_ms: offMs } };
  }
  return {
    rule: "C-10",
    outcome: "pass",
    detail: "all lines carry the same started_at",
    measured: { off_ms: offMs },
  };
};
