import { openStore, type StatusChange } from "@kissbot/store";

export const nowMs = Date.UTC(2026, 4, 20, 12);

export function change(
  channel: string,
  minutesAgo: number,
  fields: Partial<StatusChange> = {},
): StatusChange {
  return {
    tsMs: nowMs - minutesAgo * 60_000,
    channel,
    pid: 11,
    from: "online",
    to: "dead",
    cause: "process 11 is gone",
    causeCode: "process_gone",
    ...fields,
  };
}

const back = { from: "dead", to: "online", cause: "registered", causeCode: "registered", pid: 12 } as const;

/**
 * What happens to three bots within an hour: a crash, a silence that becomes a death, a goodbye,
 * trouble.
 */
export const history: readonly StatusChange[] = [
  change("twitch/main", 60, { from: null, to: "online", cause: "registered", causeCode: "registered" }),
  change("twitch/main", 50, { livedMs: 600_000 }),
  change("twitch/main", 46, back),
  change("discord/lounge", 40, { to: "stale", cause: "no heartbeat for 82.5 s", causeCode: "silent" }),
  change("discord/lounge", 30, { from: "stale" }),
  change("discord/lounge", 10, back),
  change("matrix/evil\u001b[31m", 9, { to: "offline", cause: "said goodbye", causeCode: "goodbye" }),
  change("twitch/main", 8, {
    to: "online",
    cause: "in trouble",
    causeCode: "in_trouble",
    trouble: "gateway closed: 4004 and will not be opened again before the token is renewed by its owner",
  }),
  change("matrix/evil\u001b[31m", 5, { ...back, from: "offline", tsMs: nowMs - 299_500 }),
];

/** A database with this history, and then with so many more events of one bot. */
export async function writeEvents(path: string, changes: readonly StatusChange[] = history): Promise<void> {
  const store = await openStore(path);
  for (let at = 0; at < changes.length; at += 1_000) {
    const statusChanges = changes.slice(at, at + 1_000);
    await store.write({ producer: "test", epoch: 1, seq: at + 1, statusChanges });
  }
  await store.close();
}
