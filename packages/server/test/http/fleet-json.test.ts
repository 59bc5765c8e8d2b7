import fc from "fast-check";
import { expect, test } from "vitest";
import { botSchema, FleetJson } from "../../src/http/fleet-json.js";
import { type Bot, botStatuses } from "../../src/registry/bot.js";
import { causeCodes } from "../../src/registry/cause-code.js";
import { noonMs, PlainFleet } from "./plain-fleet.js";

const time = fc.integer({ min: 0, max: 3 }).map((minutes) => noonMs + 60_000 * minutes);
const few = fc.constantFrom("a", 'b "c"', "ä\\\n");
const change: fc.Arbitrary<Partial<Bot>> = fc
  .record(
    {
      pid: fc.integer({ min: 1, max: 3 }),
      status: fc.constantFrom(...botStatuses),
      statusCause: few,
      statusSinceMs: time,
      registeredAtMs: time,
      lastSeenMs: time,
      processSeen: fc.boolean(),
      features: fc.constantFrom({ chat: true }, { chat: false }, {}),
      version: fc.option(few),
      startedAtMs: fc.option(time),
      measuredAtMs: fc.option(time),
      restarts: fc.nat(2),
      cpuPct: fc.option(fc.nat(3)),
      rssMb: fc.option(fc.nat(3)),
      intervalS: fc.option(fc.nat(3)),
      conflict: fc.option(
        fc.record({ pid: fc.nat(2), principal: fc.constantFrom("local", "team"), sinceMs: time }),
      ),
      clientDropped: fc.nat(2),
      causeCode: fc.constantFrom(...causeCodes),
      previousPid: fc.option(fc.nat(2)),
      livedMs: fc.option(fc.nat(2)),
      lastCpuPct: fc.option(fc.nat(3)),
      lastRssMb: fc.option(fc.nat(3)),
      restartsInHour: fc.nat(2),
      crashesInTenMinutes: fc.nat(2),
      crashLoop: fc.boolean(),
      typicalLifeMs: fc.option(fc.nat(2)),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0);

test("a bot's text is that of its present revision, whatever changed since it was last made", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      const fleet = new PlainFleet();
      const clock = { wallMs: () => noonMs };
      const kept = new FleetJson(clock);
      const bot = fleet.add("twitch/a");
      for (const fields of [{}, ...changes]) {
        fleet.change("twitch/a", fields);
        const text = kept.bot(bot);
        expect(text).toBe(new FleetJson(clock).bot(bot));
        expect(Object.keys(JSON.parse(text))).toEqual(botSchema["required"]);
      }
    }),
  );
});

test("each field that a reader is told of is followed by itself", () => {
  const others: Partial<Bot> = {
    principal: "team",
    pid: 1,
    status: "stale",
    statusSinceMs: 1,
    statusCause: "x",
    features: {},
    registeredAtMs: 2,
    lastSeenMs: 3,
    cpuPct: null,
    rssMb: null,
    measuredAtMs: null,
    restarts: 9,
    startedAtMs: null,
    processSeen: false,
    version: null,
    intervalS: null,
    conflict: { pid: 8, principal: "local", sinceMs: 4 },
    clientDropped: 77,
    causeCode: "silent",
    previousPid: 5,
    livedMs: 6,
    lastCpuPct: 7,
    lastRssMb: 8,
    restartsInHour: 1,
    crashesInTenMinutes: 1,
    crashLoop: true,
    typicalLifeMs: 9,
    trouble: "x",
    troubleSinceMs: 9,
  };
  for (const [field, value] of Object.entries(others)) {
    const fleet = new PlainFleet();
    const json = new FleetJson();
    const bot = fleet.add("a");
    const before = json.bot(bot);
    fleet.change("a", { [field]: value });
    expect([field, json.bot(bot) === before]).toEqual([field, false]);
  }
  // All but the channel and the operator's words, which never change, and the uptime, which follows
  // from the start and the clock.
  expect(Object.keys(others)).toHaveLength((botSchema["required"] as string[]).length - 5);
});

test("the uptime is of the moment of the answer, and null for a process that ended or whose start nobody told [trial/O1]", () => {
  let nowMs = noonMs;
  const fleet = new PlainFleet();
  const json = new FleetJson({ wallMs: () => nowMs });
  const uptimeOf = (bot: Bot) => (JSON.parse(json.bot(bot)) as { uptime_s: number | null }).uptime_s;
  const bot = fleet.add("a", { startedAtMs: noonMs - 1_500 });
  expect(uptimeOf(bot)).toBe(1);
  nowMs += 60_000;
  expect(uptimeOf(bot)).toBe(61);
  expect(uptimeOf(fleet.add("stale", { status: "stale" }))).toBe(61);
  for (const status of ["dead", "offline"] as const)
    expect(uptimeOf(fleet.add(status, { status }))).toBe(null);
  expect(uptimeOf(fleet.add("unknown", { startedAtMs: null }))).toBe(null);
  expect(uptimeOf(fleet.add("from the future", { startedAtMs: nowMs + 9_000 }))).toBe(0);
});

test("the operator's words stand with the bot, and nothing where there are none", () => {
  const fleet = new PlainFleet();
  const words = { note: 'say "hi"', runbook: "https://wiki.example.org", labels: { team: "a" } };
  const json = new FleetJson(undefined, (channel) => (channel === "a" ? words : null));
  expect(JSON.parse(json.bot(fleet.add("a")))).toMatchObject(words);
  expect(JSON.parse(json.bot(fleet.add("b")))).toMatchObject({ note: null, runbook: null, labels: {} });
});
