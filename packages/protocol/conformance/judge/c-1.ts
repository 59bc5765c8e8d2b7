import { type Judge, messageOf } from "../wire.js";

interface Registered {
  /** Its processes: a forked child registers under the name of its parent. */
  readonly pids: Set<number | undefined>;
  readonly sinceMs: number;
  /** Types of the bot's lines that were asked for before, and so may be on their way. */
  readonly before: ReadonlySet<string>;
}

/**
 * [C-1]: on each connection the first line about a registered bot is its registration. A bot is
 * registered from its call of `register` to that of `unregister`, or to the end of its process.
 */
export const judgeC1: Judge = (wire) => {
  const registered = new Map<string, Registered>();
  const asked = new Map<string, Set<string>>();
  const acceptedAtMs = new Map<number, number>();
  const begun = new Set<string>();
  let isEnding = false;
  let looked = 0;
  for (const one of wire) {
    if (one.event === "accepted") acceptedAtMs.set(one.connection, one.at_ms);
    if (one.event === "exit_asked" || one.event === "close_asked") isEnding = true;
    if (one.event === "burst") remember(asked, one.channel, "custom_metric");
    if (one.event !== "call" && one.event !== "line") continue;
    const { type, channel, pid } = messageOf(one.line) ?? {};
    if (type === undefined || channel === undefined) continue;
    if (one.event === "call") {
      const known = registered.get(channel);
      if (type === "register") known?.pids.add(pid);
      if (type === "register" && known === undefined)
        registered.set(channel, {
          pids: new Set([pid]),
          sinceMs: one.at_ms,
          before: new Set(asked.get(channel)),
        });
      if (type === "unregister") registered.delete(channel);
      remember(asked, channel, type);
      continue;
    }
    const key = `${one.connection} ${channel}`;
    const bot = registered.get(channel);
    const isOlder =
      bot !== undefined && (acceptedAtMs.get(one.connection) ?? 0) < bot.sinceMs && bot.before.has(type);
    // A child of a fork that has not registered is another bot.
    if (begun.has(key) || isOlder || (pid !== undefined && bot !== undefined && !bot.pids.has(pid))) continue;
    begun.add(key);
    if (bot === undefined || (isEnding && type === "unregister")) continue;
    looked++;
    if (type !== "register") {
      const detail = `on connection ${one.connection} the first line about ${channel}, which is registered, is ${type}`;
      return { rule: "C-1", outcome: "fail", detail };
    }
  }
  if (looked === 0)
    return { rule: "C-1", outcome: "not_exercised", detail: "no line about a registered bot came" };
  const detail = "each connection begins with the registration";
  return { rule: "C-1", outcome: "pass", detail, measured: { registrations: looked } };
};

function remember(asked: Map<string, Set<string>>, channel: string, type: string): void {
  const types = asked.get(channel);
  if (types === undefined) asked.set(channel, new Set([type]));
  else types.add(type);
}
