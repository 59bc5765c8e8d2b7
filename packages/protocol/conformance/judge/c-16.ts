import type { Judge } from "../wire.js";

/** [C-16]: the process survives a peer that has gone, and its sockets are close-on-exec. */
export const judgeC16: Judge = (wire) => {
  const gone = new Set<number>();
  let exercised = 0;
  let looked = false;
  for (const one of wire) {
    if (one.event === "ended" && one.by === "monitor" && one.how !== "half") gone.add(one.connection);
    if (["call", "burst", "close_asked", "exit_asked"].includes(one.event))
      exercised += gone.size > 0 ? 1 : 0;
    if (one.event === "exit" && (one.signal === "SIGPIPE" || one.code === 141))
      return { rule: "C-16", outcome: "fail", detail: "the process was ended by SIGPIPE" };
    if (one.event === "inheritable") looked = true;
    if (one.event === "inheritable" && one.sockets > 0) {
      const detail = "programs that the bot starts inherit the connection: it is not close-on-exec";
      return { rule: "C-16", outcome: "fail", level: "should", detail };
    }
  }
  if (exercised === 0 && !looked)
    return { rule: "C-16", outcome: "not_exercised", detail: "no call was made after a peer had gone" };
  const detail =
    exercised > 0 ? "the process went on after a peer had gone" : "the connection is close-on-exec";
  return { rule: "C-16", outcome: "pass", detail };
};
