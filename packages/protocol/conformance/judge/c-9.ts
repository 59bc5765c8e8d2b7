import { rowsOf } from "../rows.js";
import { type Judge, messageOf, type WireEvent } from "../wire.js";

/** What is known of one bot. */
class Standing {
  /** Goodbyes that were asked for and have not come. */
  leaving = 0;
  /** Whether the bot's next call of `unregister`, or its end, is worth a goodbye. */
  mayLeave = true;
  /** What came last of its life is the goodbye. */
  isGone = false;
  /** The last of its calls of `register` and `unregister` was `register`. */
  isBack = false;
  /** A registration came since then. */
  cameBack = false;
}

/**
 * [C-9]: one goodbye for each time that the bot ends or says so, none that nobody asked for, and
 * after it nothing of the bot's life until it registers again. What counts are the bot's own calls
 * of `register`, not the registrations that a client repeats.
 */
export const judgeC9: Judge = (wire) => {
  const bots = new Map<string, Standing>();
  let goodbyes = 0;
  let isEnding = false;
  for (const one of wire) {
    if (one.event === "exit_asked" && one.how !== "crash") isEnding = true;
    if (one.event !== "call" && one.event !== "line") continue;
    const { type = "", channel, pid } = messageOf(one.line) ?? {};
    if (!["register", "heartbeat", "unregister"].includes(type)) continue;
    const key = JSON.stringify([channel, pid]);
    const bot = bots.get(key) ?? new Standing();
    bots.set(key, bot);
    if (one.event === "call") hear(bot, type);
    else {
      const fault = see(bot, type, isEnding);
      if (fault !== undefined) return { rule: "C-9", outcome: "fail", detail: fault };
      if (type === "unregister") goodbyes++;
    }
  }
  for (const bot of bots.values()) {
    if (!bot.isBack || !bot.cameBack || !bot.isGone || isEnding) continue;
    const detail = "the bot has registered again, and what came last is its goodbye";
    return { rule: "C-9", outcome: "fail", detail };
  }
  const lost = lostGoodbye(wire);
  if (lost !== undefined) return { rule: "C-9", outcome: "fail", detail: lost };
  if (goodbyes === 0) return { rule: "C-9", outcome: "not_exercised", detail: "no goodbye came" };
  return { rule: "C-9", outcome: "pass", detail: "one goodbye for each end", measured: { goodbyes } };
};

/**
 * A goodbye that was asked for and did not come, although a row that was called later came over a
 * connection that has stood since.
 */
function lostGoodbye(wire: readonly WireEvent[]): string | undefined {
  const asked = wire.findLastIndex(
    (one) => one.event === "call" && messageOf(one.line)?.type === "unregister",
  );
  const first = wire.findIndex((one) => one.event === "call" && messageOf(one.line)?.type === "unregister");
  const atMs = wire[asked]?.at_ms;
  if (atMs === undefined) return undefined;
  const before = wire.slice(0, asked);
  const later = wire.slice(asked);
  const isBack = before.some(
    (one, i) => i > first && one.event === "call" && messageOf(one.line)?.type === "register",
  );
  const hasCome = wire.some(
    (one, i) => i > first && one.event === "line" && messageOf(one.line)?.type === "unregister",
  );
  if (isBack || hasCome || wire.some((one) => one.event === "ended" && one.by === "monitor"))
    return undefined;
  const rows = rowsOf(wire);
  const isLater = rows.arrivals.some(({ call }) => call !== undefined && rows.calledAtMs(call) > atMs);
  const registers = later.some((one) => one.event === "call" && messageOf(one.line)?.type === "register");
  return isLater && !registers ? "the goodbye did not come, and a row that was called later did" : undefined;
}

/** The bot's call. */
function hear(bot: Standing, type: string): void {
  if (type === "register") {
    bot.mayLeave = true;
    bot.isBack = true;
    bot.cameBack = false;
  }
  if (type !== "unregister") return;
  // A second call without a registration between asks for nothing.
  if (bot.mayLeave) bot.leaving++;
  bot.mayLeave = false;
  bot.isBack = false;
}

/** The client's line; returns what is wrong with it. */
function see(bot: Standing, type: string, isEnding: boolean): string | undefined {
  if (type === "heartbeat") return bot.isGone ? "a heartbeat came behind the goodbye" : undefined;
  if (type === "register") {
    if (bot.isGone && !bot.isBack)
      return "a registration came behind the goodbye, and the bot had not registered again";
    bot.isGone = false;
    bot.cameBack = true;
    return undefined;
  }
  if (bot.leaving > 0) bot.leaving--;
  else if (isEnding && bot.mayLeave) bot.mayLeave = false;
  else return bot.isGone ? "a second goodbye came" : "a goodbye came that nobody asked for";
  bot.isGone = true;
  return undefined;
}
