import fc from "fast-check";
import { expect, test } from "vitest";
import { botSchema, FleetJson } from "../../src/http/fleet-json.js";
import { type Bot, botStatuses } from "../../src/registry/bot.js";
import { noonMs, PlainFleet } from "./plain-fleet.js";

const time = fc.integer({ min: 0, max: 3 }).map((minutes) => noonMs + 60_000 * minutes);
const few = fc.constantFrom("a", 'b "c"', "ä\\\n");
const change: fc.Arbitrary<Partial<Bot>> = fc
  .record(
    {
      ...{ pid: fc.integer({ min: 1, max: 3 }), status: fc.constantFrom(...botStatuses), statusCause: few },
      ...{ statusSinceMs: time, registeredAtMs: time, lastSeenMs: time, processSeen: fc.boolean() },
      ...{ features: fc.constantFrom({ chat: true }, { chat: false }, {}), version: fc.option(few) },
      ...{ startedAtMs: fc.option(time), measuredAtMs: fc.option(time), restarts: fc.nat(2) },
      ...{ cpuPct: fc.option(fc.nat(3)), rssMb: fc.option(fc.nat(3)), intervalS: fc.option(fc.nat(3)) },
      ...{ conflict: fc.option(fc.record({ pid: fc.nat(2), sinceMs: time })), clientDropped: fc.nat(2) },
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0);

test("a bot's text is that of its present revision, whatever changed since it was last made", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      const fleet = new PlainFleet();
      const kept = new FleetJson();
      const bot = fleet.add("twitch/a");
      for (const fields of [{}, ...changes]) {
        fleet.change("twitch/a", fields);
        const text = kept.bot(bot);
        expect(text).toBe(new FleetJson().bot(bot));
        expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(botSchema["properties"] as object));
      }
    }),
  );
});

test("each field that a reader is told of is followed by itself", () => {
  const others: Partial<Bot> = {
    ...{ pid: 1, status: "stale", statusSinceMs: 1, statusCause: "x", features: {}, registeredAtMs: 2 },
    ...{ lastSeenMs: 3, cpuPct: null, rssMb: null, measuredAtMs: null, restarts: 9, startedAtMs: null },
    ...{ processSeen: false, version: null, intervalS: null, conflict: { pid: 8, sinceMs: 4 } },
    clientDropped: 77,
  };
  for (const [field, value] of Object.entries(others)) {
    const fleet = new PlainFleet();
    const json = new FleetJson();
    const bot = fleet.add("a");
    const before = json.bot(bot);
    fleet.change("a", { [field]: value });
    expect([field, json.bot(bot) === before]).toEqual([field, false]);
  }
  // All but the channel, which never changes.
  expect(Object.keys(others)).toHaveLength(Object.keys(botSchema["properties"] as object).length - 1);
});
