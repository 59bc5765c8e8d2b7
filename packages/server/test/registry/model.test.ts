import { repetitions } from "@kissbot/testkit";
import fc from "fast-check";
import { test } from "vitest";
import { type Happening, World } from "./world.js";

const channel = fc.constantFrom("a", "b");
const who = fc.nat(11);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("spawn" as const),
      pid: fc.constantFrom(7, 8, 4242),
      claims: fc.boolean(),
      contained: fc.boolean(),
      intervalS: fc.constantFrom(null, 10, 30, 40),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("register" as const), channel, who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("beat" as const), channel, who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("goodbye" as const), channel, who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("die" as const), who }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("sample" as const),
      failing: fc.nat(5).map((n) => n === 0),
      delayed: fc.nat(3).map((n) => n === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(30, 53, 58, 60, 100) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("freeze" as const),
      spanMs: fc.integer({ min: 1, max: 900_000 }),
      tickFirst: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("step" as const),
      byMs: fc.oneof(fc.integer({ min: -1e9, max: -2e7 }), fc.integer({ min: 2e7, max: 1e9 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("restart" as const),
      downMs: fc.integer({ min: 0, max: 200_000 }),
      looking: fc.nat(4).map((n) => n > 0),
      python: fc.nat(3).map((n) => n === 0),
      older: fc.nat(3).map((n) => n === 0),
      late: fc.nat(3).map((n) => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("reincarnate" as const), who, claims: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("storeOpens" as const) }) },
);
const happenings = fc.array(happening, { maxLength: 60, size: "max" });
const numRuns = repetitions({ gate: 1_000, long: 20_000 });

function shown(world: World) {
  return [...world.monitor.registry.bots()].map((bot) => ({
    channel: bot.channel,
    pid: bot.pid,
    status: bot.status,
    restarts: bot.restarts,
    seen: bot.processSeen,
    startedAtMs: bot.startedAtMs,
    rival: bot.conflict?.pid,
    owner: bot.principal,
    rivalOwner: bot.conflict?.principal,
    registeredAtMs: bot.registeredAtMs,
    lastSeenMs: bot.lastSeenMs,
    intervalS: bot.intervalS,
  }));
}

function expected(world: World) {
  return [...world.reference.bots].map(([name, bot]) => ({
    channel: name,
    pid: bot.speaker.pid,
    status: bot.status,
    restarts: bot.restarts,
    seen: bot.seenAs !== undefined,
    startedAtMs: bot.shownStart,
    rival: bot.rival?.pid,
    owner: bot.owner,
    rivalOwner: bot.rival?.owner,
    registeredAtMs: bot.registeredAtMs,
    lastSeenMs: bot.lastSeenMs,
    intervalS: bot.intervalS,
  }));
}

/** As text: Vitest's comparison and its report would be made for every step of the shrinking. */
function assertEqual(actual: unknown, wanted: unknown): void {
  const [is, shouldBe] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (is !== shouldBe) throw new Error(`is        ${is}\nshould be ${shouldBe}`);
}

/** The changes of each bot in their order; two bots that change in one moment have none. */
function byBot(changes: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  return changes.toSorted(([one], [other]) => String(one).localeCompare(String(other)));
}

test("the registry is the reference, whatever happens", () => {
  fc.assert(
    fc.property(happenings, (story) => {
      const world = new World();
      for (const it of story) {
        const { monitor, reference } = world;
        const told = [monitor.transitions.length, reference.changes.length];
        world.happen(it);
        assertEqual(shown(world), expected(world));
        const ofTeam = [...reference.bots.values()].filter(({ owner }) => owner === "team");
        if (world.reference === reference) assertEqual(world.team.bots, ofTeam.length);
        const [before, asMany] = world.monitor === monitor ? told : [0, 0];
        assertEqual(
          byBot(
            world.monitor.transitions.slice(before).map(({ channel: name, from, to }) => [name, from, to]),
          ),
          byBot(world.reference.changes.slice(asMany)),
        );
      }
    }),
    { numRuns },
  );
});

test("every transition is a change, the transitions of a bot add up to its status, and the counts to the fleet", () => {
  fc.assert(
    fc.property(happenings, (story) => {
      const world = new World();
      let statuses = new Map<string, string>();
      let recorded = new Map<string, string>();
      let monitor = world.monitor;
      let judged = 0;
      for (const it of story) {
        world.happen(it);
        if (world.monitor !== monitor) {
          monitor = world.monitor;
          judged = 0;
          // What the store kept was not told again.
          recorded = new Map([...recorded, ...statuses]);
          statuses = new Map();
        }
        for (const { channel: name, from, to } of monitor.transitions.slice(judged)) {
          assertEqual(
            [name, from],
            [name, statuses.get(name) ?? (from === null ? null : recorded.get(name))],
          );
          assertEqual(to !== from, true);
          statuses.set(name, to);
        }
        judged = monitor.transitions.length;
        const counts = { online: 0, stale: 0, dead: 0, offline: 0 };
        for (const bot of monitor.registry.bots()) {
          counts[bot.status]++;
          if (statuses.has(bot.channel)) assertEqual(bot.status, statuses.get(bot.channel));
          statuses.set(bot.channel, bot.status);
        }
        assertEqual(monitor.registry.counts(), counts);
      }
    }),
    { numRuns },
  );
});

test("no bot that told its start is dead while its process lives", () => {
  fc.assert(
    fc.property(happenings, (story) => {
      const world = new World();
      for (const it of story) {
        // Where a clock stepped, a monitor that starts cannot always tell the same process from a
        // reused pid.
        if ((it.do === "restart" || it.do === "storeOpens") && world.stepped) continue;
        const before = world.monitor.transitions.length;
        const monitor = world.monitor;
        const heard = new Map(world.lastHeard);
        world.happen(it);
        const news = world.monitor.transitions.slice(world.monitor === monitor ? before : 0);
        for (const { channel: name, pid, to } of news) {
          const process = heard.get(name);
          if (to !== "dead" || process?.pid !== pid || process.start === null) continue;
          // Nobody can see it in a container, nor after a clock has stepped: its successor counts
          // as the proof of its end.
          if ((process.contained || world.stepped) && "who" in it) continue;
          assertEqual({ [name]: process.alive }, { [name]: false });
        }
      }
    }),
    { numRuns },
  );
});

test("what is shown of a bot changes only together with its revision, and is told", () => {
  fc.assert(
    fc.property(happenings, (story) => {
      const world = new World();
      const known = new Map<string, { text: string; revision: number }>();
      let monitor = world.monitor;
      for (const it of story) {
        const changes = monitor.changes;
        world.happen(it);
        const isNew = world.monitor !== monitor;
        monitor = world.monitor;
        if (isNew) known.clear();
        let grown = 0;
        for (const bot of monitor.registry.bots()) {
          // Its owner counts all its bots, so the name alone is shown.
          const text = JSON.stringify({ ...bot, owner: bot.principal, revision: 0 });
          const last = known.get(bot.channel);
          assertEqual(text === last?.text || bot.revision > (last?.revision ?? 0), true);
          grown += bot.revision - (last?.revision ?? 0);
          known.set(bot.channel, { text, revision: bot.revision });
        }
        assertEqual(monitor.changes - (isNew ? 0 : changes), grown);
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});
