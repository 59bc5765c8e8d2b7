import { latenessMs, longestBoundMs } from "../limits.js";
import type { Judge } from "../wire.js";

/**
 * [C-19]: the client finds its socket by its caller and the environment, and nobody where it is
 * disabled.
 */
export const judgeC19: Judge = (wire) => {
  const fail = (detail: string, excessMs?: number) => ({
    rule: "C-19",
    outcome: "fail" as const,
    detail,
    ...(excessMs === undefined ? {} : { excessMs }),
  });
  const start = wire.find((one) => one.event === "start");
  const environment = start?.event === "start" ? (start.environment ?? {}) : {};
  const { KISSBOT_MONITOR_DISABLED: disabled, KISSBOT_MONITOR_SOCKET: socket } = environment;
  const isDisabled = disabled === "1" || disabled === "true";
  const accepted = wire.some(({ event }) => event === "accepted");
  const called = wire.find(({ event }) => event === "call" || event === "burst");
  if (called === undefined || (socket === undefined && !isDisabled))
    return { rule: "C-19", outcome: "not_exercised", detail: "the environment says nothing" };
  if (isDisabled && accepted)
    return fail(`the client connects in spite of KISSBOT_MONITOR_DISABLED=${disabled}`);
  if (isDisabled)
    return { rule: "C-19", outcome: "pass", detail: "a client that is disabled connects to nobody" };
  const listens = wire.find(({ event }) => event === "listening");
  if (!accepted && listens !== undefined) {
    // The first attempt waits for nothing; a later one may wait for the longest bound.
    const mayWaitMs = listens.at_ms <= called.at_ms ? firstAttemptMs : longestBoundMs + latenessMs;
    const waitedMs = (wire.at(-1)?.at_ms ?? 0) - Math.max(called.at_ms, listens.at_ms);
    if (waitedMs > mayWaitMs)
      return fail(
        "the client does not connect to the socket that its caller or the environment names",
        waitedMs - mayWaitMs,
      );
  }
  return accepted
    ? {
        rule: "C-19",
        outcome: "pass",
        detail: "the client connects to the socket that its caller or the environment names",
      }
    : {
        rule: "C-19",
        outcome: "not_exercised",
        detail: "nobody listened at the socket that the environment names",
      };
};

const firstAttemptMs = 2_000;
