import { decodeLine } from "../../src/index.js";
import type { Judge } from "../wire.js";

/**
 * [P-1]: each line that comes is a message. What a cut connection, threads or a fork make of lines
 * is C-7's and C-18's to judge.
 */
export const judgeP1: Judge = (wire) => {
  const isOthers = wire.some(({ event }) => event === "rest" || event === "threads" || event === "forked");
  const lines = wire.flatMap((one) => (one.event === "line" ? [one.line] : []));
  if (lines.length === 0 || isOthers)
    return { rule: "P-1", outcome: "not_exercised", detail: "no line came that is whole for certain" };
  for (const line of lines) {
    const result = decodeLine(Buffer.from(line));
    if (result.ok) continue;
    const where = result.field === undefined ? "" : ` (${result.field})`;
    return {
      rule: "P-1",
      outcome: "fail",
      detail: `a line came that is ${result.reason}${where}: ${line.slice(0, 120)}`,
    };
  }
  return { rule: "P-1", outcome: "pass", detail: `${lines.length} lines are messages` };
};
