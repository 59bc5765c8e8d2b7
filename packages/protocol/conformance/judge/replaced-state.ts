import { messageOf, type WireEvent } from "../wire.js";

/** What the client adds to a line by itself. */
const added = ["ts", "dropped", "started_at", "interval_s", "pid"];

/**
 * A heartbeat or registration that came although a newer call had replaced it while no connection
 * was open [C-3]; undefined where none did. Of equal calls nobody can tell.
 */
export function replacedState(wire: readonly WireEvent[]): string | undefined {
  const open = new Set<number>();
  /** The texts of calls that wait, oldest first, by type and bot. */
  const waiting = new Map<string, string[]>();
  const replaced = new Map<string, Set<string>>();
  const gone = new Set<string>();
  for (const one of wire) {
    if (one.event === "accepted") open.add(one.connection);
    if (one.event === "ended" && one.how !== "half") open.delete(one.connection);
    if (one.event !== "call" && one.event !== "line") continue;
    const { type = "", channel = "" } = messageOf(one.line) ?? {};
    // After its goodbye a bot has no heartbeats that could replace any [C-9].
    if (one.event === "call" && type === "unregister") gone.add(channel);
    if (one.event === "call" && type === "register") gone.delete(channel);
    if (type !== "heartbeat" && type !== "register") continue;
    if (one.event === "call" && gone.has(channel)) continue;
    const key = `${type} ${channel}`;
    const text = own(one.line);
    if (one.event === "line") {
      if (replaced.get(key)?.has(text))
        return `an old ${type} came that a newer one had replaced: ${one.line.slice(0, 120)}`;
      continue;
    }
    // A call while a connection is open may be on its way already.
    if (open.size > 0) waiting.delete(key);
    const before = waiting.get(key) ?? [];
    if (open.size === 0) {
      const old = replaced.get(key) ?? new Set<string>();
      for (const each of before) old.add(each);
      replaced.set(key, old);
      waiting.set(key, [...before, text]);
    }
    replaced.get(key)?.delete(text);
  }
  return undefined;
}

/** What the bot itself said in the line. */
function own(line: string): string {
  const fields = Object.entries(JSON.parse(line) as object).filter(
    ([name, value]) => !added.includes(name) && value !== null,
  );
  return JSON.stringify(fields.sort(([one], [other]) => (one < other ? -1 : 1)));
}
