import fc from "fast-check";
import { type Bot, botFrom, statuses } from "../../page/fleet/bot.js";

/** A bot that is well, with what a test changes. */
export function bot(change: Partial<Bot> = {}): Bot {
  const plain = botFrom({ channel: "twitch/anna", pid: 4711, status: "online", process_seen: true });
  if (plain === null) throw new Error("no bot");
  return { ...plain, causeCode: "registered", ...change };
}

const unknownOr = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const time = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 });
const amount = fc.double({ min: 0, max: 5_000, noNaN: true });

/** Any bot that a monitor may tell of, however little is known of it. */
export const anyBot: fc.Arbitrary<Bot> = fc.record({
  channel: fc.oneof(
    fc.constantFrom("twitch/a", "twitch/b10", "twitch/b9", "discord_x", "matrix"),
    fc.string({ minLength: 1 }),
  ),
  pid: fc.nat({ max: 3 }),
  status: fc.constantFrom(...statuses),
  sinceMs: unknownOr(time),
  cause: fc.constantFrom("", "registered", "exit 1: TokenInvalid at bot.js:12", "process 3 is gone"),
  causeCode: fc.constantFrom(
    "other",
    "process_gone",
    "pid_reused",
    "gone_at_start",
    "silent",
    "goodbye",
    "as_recorded",
  ),
  previousPid: unknownOr(fc.nat()),
  livedMs: unknownOr(amount),
  features: fc.dictionary(fc.string(), fc.boolean()),
  registeredAtMs: unknownOr(time),
  lastSeenMs: unknownOr(time),
  cpuPct: unknownOr(amount),
  rssMb: unknownOr(amount),
  lastCpuPct: unknownOr(amount),
  lastRssMb: unknownOr(amount),
  startedAtMs: unknownOr(fc.constantFrom(1_700_000_000_000, 1_700_000_000_001)),
  restarts: fc.nat({ max: 100 }),
  restartsInHour: fc.nat({ max: 100 }),
  crashLoop: fc.boolean(),
  crashesInTenMinutes: fc.nat({ max: 100 }),
  typicalLifeMs: unknownOr(amount),
  processSeen: fc.boolean(),
  trouble: unknownOr(fc.constantFrom("no token", "x")),
  troubleSinceMs: unknownOr(time),
  version: unknownOr(fc.string()),
  intervalS: unknownOr(fc.double({ min: 0.1, max: 100, noNaN: true })),
  conflict: unknownOr(fc.record({ pid: fc.nat({ max: 9 }), sinceMs: unknownOr(time) })),
  clientDropped: fc.nat({ max: 300 }),
  note: unknownOr(fc.string()),
  runbook: unknownOr(fc.webUrl()),
});
