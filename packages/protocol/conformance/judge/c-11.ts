import type { Judge } from "../wire.js";

/** [C-11]: no call raises, and nothing in the background ends the process. */
export const judgeC11: Judge = (wire) => {
  let calls = 0;
  let mayEnd = false;
  for (const one of wire) {
    if (one.event === "raised")
      return { rule: "C-11", outcome: "fail", detail: `a call raised: ${one.what}` };
    if (one.event === "call" || one.event === "burst" || one.event === "threads") calls++;
    if (one.event === "exit_asked") mayEnd = true;
    if (one.event === "exit" && !mayEnd && one.signal === undefined && one.code !== sigpipeCode) {
      const detail = `the process ended with code ${one.code}, and nobody had asked it to`;
      return { rule: "C-11", outcome: "fail", detail };
    }
  }
  if (calls === 0) return { rule: "C-11", outcome: "not_exercised", detail: "no call was made" };
  return { rule: "C-11", outcome: "pass", detail: "no call raised", measured: { calls } };
};

/** What a shell makes of SIGPIPE, which is C-16's. */
const sigpipeCode = 141;
