import { type Judge, messageOf } from "../wire.js";

interface Registered {
  /** Its processes: a forked child registers under the name of its parent. */
  readonly pids: Set<number | undefined>;
  readonly sinceMs: number;
  /** The features of its last call, and when that was; undefined where a fork made another bot. */
  told?: { readonly features: string; readonly atMs: number };
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
  // A wrong argument of `register` may be left out, and a line follow all the same.
  const isKnown = !wire.some(({ event }) => event === "odd_call");
  for (const one of wire) {
    if (one.event === "accepted") acceptedAtMs.set(one.connection, one.at_ms);
    if (one.event === "exit_asked" || one.event === "close_asked") isEnding = true;
    if (one.event === "burst") remember(asked, one.channel, "custom_metric");
    if (one.event !== "call" && one.event !== "line") continue;
    const { type, channel, pid } = messageOf(one.line) ?? {};
    if (type === undefined || channel === undefined) continue;
    if (one.event === "call") {
      const known = registered.get(channel);
      if (type === "register" && known !== undefined) {
        // A forked child has features of its own.
        if (known.pids.has(pid)) known.told = { features: featuresOf(one.line), atMs: one.at_ms };
        else delete known.told;
        known.pids.add(pid);
      }
      if (type === "register" && known === undefined)
        registered.set(channel, {
          pids: new Set([pid]),
          sinceMs: one.at_ms,
          before: new Set(asked.get(channel)),
          told: { features: featuresOf(one.line), atMs: one.at_ms },
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
    const other =
      isKnown && type === "register" && strange(one.line, bot, acceptedAtMs.get(one.connection) ?? 0);
    if (other !== false && other !== undefined) return { rule: "C-1", outcome: "fail", detail: other };
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

/** The features that a registration tells, whatever their order. */
function featuresOf(line: string): string {
  const { features = {} } = JSON.parse(line) as { features?: Record<string, unknown> };
  return JSON.stringify(Object.entries(features ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What is wrong with the registration that opens a connection which came behind its last call. */
function strange(line: string, { told }: Registered, acceptedAtMs: number): string | undefined {
  if (told === undefined || told.atMs >= acceptedAtMs || featuresOf(line) === told.features) return undefined;
  return `a connection begins with a registration that is not the bot's last: ${line.slice(0, 120)}`;
}

function remember(asked: Map<string, Set<string>>, channel: string, type: string): void {
  const types = asked.get(channel);
  if (types === undefined) asked.set(channel, new Set([type]));
  else types.add(type);
}
