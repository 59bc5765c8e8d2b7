import { LlmUsageTable } from "@kissbot/store";
import { ManualClock, silentLogger, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { AlertDesk } from "../../src/alerts/alert-desk.js";
import type { AlertMemory } from "../../src/alerts/alert-memory.js";
import type { AlertTerms } from "../../src/alerts/desk-options.js";
import type { Notice } from "../../src/alerts/notice.js";
import type { ReceiverDoor } from "../../src/alerts/receiver-door.js";
import type { RuleSettings, WindowSettings } from "../../src/config/alert-settings.js";
import { AlertDisk } from "./alert-disk.js";
import { anything, unset } from "./alert-world.js";
import { fakeBot } from "./fake-bot.js";

/** What else the configuration says. */
interface DeskWords {
  /** Bots that are expected by name. */
  readonly expected?: readonly string[];
  /** Whether there is a receiver. */
  readonly isOn?: boolean;
  readonly windows?: readonly WindowSettings[];
}

interface DeskStart extends DeskWords {
  /** Of the start of the machine that the database knows; it is another one now. */
  readonly bootId?: string;
  /** What the last monitor stored. */
  readonly memory?: AlertMemory;
}

/** A desk on a clock of the test, with one bot and one receiver, which takes everything. */
class Desk implements AsyncDisposable {
  readonly told: string[] = [];
  /** Why each of it was told only then. */
  readonly whys: (string | null)[] = [];
  readonly bot = fakeBot("a");
  readonly desk: AlertDesk;
  /** A turn waits for it. */
  gate: Promise<void> = Promise.resolve();
  isAtGate = false;
  readonly #clock = new ManualClock();
  readonly disk = new AlertDisk();
  readonly #door: ReceiverDoor = {
    name: "ops",
    kind: "webhook",
    render: (notice: Notice) => {
      this.told.push(...notice.items.map(({ kind, rule, subject }) => `${kind} ${rule} ${subject}`));
      this.whys.push(...notice.items.map(({ why }) => why));
      return { noticeId: notice.noticeId, body: "{}", plain: null };
    },
    send: async () => ({ kind: "delivered", remoteId: null, status: "200" }),
  };

  constructor(rules: AlertTerms["rules"], { bootId, memory, ...words }: DeskStart = {}) {
    const counts = { online: 1, stale: 0, dead: 0, offline: 0 };
    this.desk = new AlertDesk({
      terms: termsOf(rules, words),
      records: this.disk,
      clock: this.#clock,
      logger: silentLogger,
      turns: {
        nextTurn: async () => {
          this.isAtGate = true;
          await this.gate;
          return () => false;
        },
      },
      turnMs: 1,
      startedAtMs: 1,
      sampleMs: 15_000,
      fleet: {
        size: 1,
        get: (channel) => (channel === "a" ? this.bot : undefined),
        bots: () => [this.bot].values(),
        botsOfProcess: () => 1,
        counts: () => counts,
        heartbeatAgeS: () => 0,
      },
      monitor: "test",
      pageUrl: null,
      isBlind: () => false,
      wordsOn: () => null,
      expected: words.expected ?? [],
      losses: () => ({ clientDropped: 0, shed: 0, lostRows: 0, rejectedLines: 0, lines: 0 }),
      budgets: { passed: () => [], expected: () => [], about: () => [], isOver: () => true },
      problems: () => [],
      bootId: "this start",
    });
    void (memory === undefined ? this.restore(bootId) : this.desk.restore(memory));
    this.desk.start(this.#doors(words));
  }

  async restore(bootId?: string): Promise<void> {
    const facts = new Map([["baseline:ops", "0"]]);
    if (bootId !== undefined) facts.set("boot_id", bootId);
    await this.desk.restore({ alerts: [], tells: [], notices: [], silences: [], facts, recent: [] });
  }

  memory(): AlertMemory {
    this.disk.commit();
    return this.disk.memory(this.#clock.wallMs());
  }

  /** The bot, from now on. */
  down(): void {
    const now = { statusSinceMs: this.#clock.wallMs(), statusCause: "process 100 is gone" };
    Object.assign(this.bot, { status: "dead", ...now });
    this.desk.statusChanged(this.bot);
  }

  up(): void {
    const now = { statusSinceMs: this.#clock.wallMs(), statusCause: "it beats" };
    Object.assign(this.bot, { status: "online", ...now });
    this.desk.statusChanged(this.bot);
  }

  async reload(rules: AlertTerms["rules"], words: DeskWords = {}): Promise<void> {
    await this.desk.configure({
      terms: termsOf(rules, words),
      pageUrl: null,
      expected: words.expected ?? [],
      readdressed: new Set(),
      doors: this.#doors(words),
    });
  }

  #doors({ isOn = true }: DeskWords): readonly ReceiverDoor[] {
    return isOn ? [this.#door] : [];
  }

  /** Calls of the bot fail, now. */
  fail(count: number): void {
    const table = new LlmUsageTable(count);
    const call = {
      tsMs: this.#clock.wallMs(),
      channel: "a",
      model: "gpt",
      feature: "chat",
      tokensIn: 1,
      tokensOut: 1,
      latencyMs: 100,
      error: "server",
    };
    table.append(Array.from({ length: count }, () => call));
    this.desk.usageReceived({ rows: table, from: 0, to: count });
  }

  /** So many seconds pass, with a turn in each. */
  async run(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.#clock.pass(1_000);
      await until("the turn is over", () => this.desk.turnedMs === this.#clock.monotonicMs());
      this.disk.commit();
    }
  }

  /** So many seconds pass without a turn, as there is no receiver. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.#clock.pass(1_000);
      this.desk.explain("a");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desk.stop();
  }
}

function termsOf(
  rules: Readonly<Record<string, RuleSettings>>,
  { isOn = true, windows = [] }: DeskWords,
): AlertTerms {
  return {
    timezone: "UTC",
    receivers: isOn ? [{ ...anything, name: "ops" }] : [],
    rules,
    windows,
    groupWaitMs: 1_000,
    groupIntervalMs: 0,
    reminder: { at: null, weekly: false },
  };
}

test("a rule that a reload turned off for a while counts its time anew [alerts/A23]", async () => {
  const rules = { down: { ...unset, forMs: 60_000 } };
  await using world = new Desk(rules);
  await world.run(10);
  world.down();
  await world.run(40);
  await world.reload({ down: { ...unset, enabled: false } });
  await world.run(40);
  await world.reload(rules);
  await world.run(40);
  expect(world.desk.openAlerts()).toEqual([]);
  await world.run(30);
  expect(world.told).toEqual(["down down a"]);
});

test("a bot that is expected no longer by a reload, and was never heard of, is not absent for ever [alerts/A23]", async () => {
  const rules = { absent: { ...unset, forMs: 1_000 } };
  await using world = new Desk(rules, { expected: ["typo"] });
  await world.run(10);
  expect(world.told).toEqual(["down absent typo"]);
  await world.reload(rules, { expected: ["typo", "b"] });
  await world.run(10);
  expect(world.told).toEqual(["down absent typo", "down absent b"]);
  await world.reload(rules, { expected: ["b"] });
  await world.run(10);
  expect(world.told.slice(2)).toEqual(["info absent typo"]);
  expect(world.desk.openAlerts().map(({ subject }) => subject.name)).toEqual(["b"]);
});

test("a bot that a start expects no longer, and was never heard of, is not absent for ever [alerts/A1]", async () => {
  const rules = { absent: { ...unset, forMs: 1_000 } };
  const before = new Desk(rules, { expected: ["typo", "b"] });
  await before.run(10);
  await before.desk.stop();
  expect(before.told.sort()).toEqual(["down absent b", "down absent typo"]);
  await using world = new Desk(rules, { expected: ["b"], memory: before.memory() });
  await world.run(10);
  expect(world.told).toEqual(["info absent typo"]);
  expect(world.desk.openAlerts().map(({ subject }) => subject.name)).toEqual(["b"]);
});

test("time without receivers counts neither for an opening nor for an end [alerts/A23]", async () => {
  const rules = { down: { ...unset, forMs: 60_000, holdMs: 60_000 } };
  await using world = new Desk(rules);
  await world.run(10);
  world.down();
  await world.run(10);
  await world.reload(rules, { isOn: false });
  world.pass(100);
  await world.reload(rules);
  await world.run(55);
  expect(world.desk.openAlerts()).toEqual([]);
  await world.run(10);
  expect(world.told).toEqual(["down down a"]);
  world.up();
  await world.run(10);
  await world.reload(rules, { isOn: false });
  world.pass(100);
  await world.reload(rules);
  await world.run(55);
  expect(world.desk.openAlerts()).toHaveLength(1);
  await world.run(10);
  expect(world.desk.openAlerts()).toEqual([]);
});

test("the quiet of a start is kept for a restart only as long as there are receivers [alerts/A1]", async () => {
  const quiet = (world: Desk) => world.memory().facts.get("quiet_until");
  await using off = new Desk({}, { isOn: false });
  off.pass(10);
  expect(quiet(off)).toBeUndefined();
  await off.reload({});
  await off.run(10);
  expect(quiet(off)).toBeUndefined();
  await using world = new Desk({});
  await world.run(1);
  expect(Number(quiet(world))).toBeGreaterThan(0);
  await world.reload({}, { isOn: false });
  expect(quiet(world)).toBe("over");
});

describe("what a window kept quiet is told with the name of that window", () => {
  // The clock of the test begins at 08:53:20.
  const window = {
    bots: ["*"],
    rules: null,
    every: null,
    at: "08:53",
    cron: null,
    forMs: 60_000,
    timezone: null,
    why: "backup",
  };
  const other = { ...window, bots: ["b"], why: "another bot's" };
  const rules = { down: { ...unset, forMs: 1_000 } };
  const ended = ["the window is over: backup"];

  test.each([
    { left: "none", windows: [] },
    { left: "another one", windows: [other] },
  ])("where a reload ends it, and leaves $left [alerts/A23]", async ({ windows }) => {
    await using world = new Desk(rules, { windows: [other, window] });
    world.down();
    await world.run(20);
    expect(world.told).toEqual([]);
    await world.reload(rules, { windows });
    await world.run(3);
    expect([world.told, world.whys]).toEqual([["down down a"], ended]);
  });

  test("where it ends after a reload, or ended before one [alerts/A23]", async () => {
    await using world = new Desk(rules, { windows: [window] });
    world.down();
    await world.run(20);
    for (let i = 0; i < 30; i++) await world.reload(rules, { windows: [other, window] });
    await world.run(18);
    expect(world.told).toEqual([]);
    // The next turn comes after its end.
    await world.reload(rules, { windows: [window] });
    world.pass(3);
    await world.reload(rules);
    await world.run(3);
    expect([world.told, world.whys]).toEqual([["down down a"], ended]);
  });
});

test("a reload loses no calls of a rule that counts the same ones as before [alerts/A23] [cost/C16]", async () => {
  const rule = { ...unset, forMs: 1_000 };
  await using world = new Desk({ error_rate: rule });
  const causes = () => world.desk.openAlerts().map(({ cause }) => cause);
  await world.run(5);
  world.fail(15);
  await world.reload({ error_rate: { ...rule, models: ["gpt*"] } });
  world.fail(10);
  await world.run(5);
  expect(causes(), "other calls are counted").toEqual([]);
  await world.reload({ error_rate: { ...rule, models: ["gpt*"], above: 50 } }, { expected: ["a"] });
  world.fail(9);
  await world.run(5);
  expect(causes()).toEqual([]);
  world.fail(1);
  await world.run(5);
  expect(causes()).toEqual(["20 of 20 calls of gpt failed within 15 min, above 50 %"]);
});

test("a reload before it was told does not lose that the machine was started anew [alerts/A34]", async () => {
  await using world = new Desk({}, { bootId: "another start" });
  await world.run(1);
  expect(world.told).toEqual([]);
  await world.reload({ down: { ...unset, forMs: 1_000 } });
  await world.run(10);
  expect(world.told).toEqual(["info host_restarted host"]);
  await world.reload({});
  await world.run(10);
  expect(world.told).toEqual(["info host_restarted host"]);
});

test("a restart of the monitor soon after that of the machine takes neither its word nor the five minutes of the bots", async () => {
  const rules = { down: { ...unset, forMs: 1_000 } };
  let memory: AlertMemory;
  {
    await using first = new Desk(rules, { bootId: "another start" });
    await first.run(1);
    expect(first.told).toEqual([]);
    const { facts, ...rest } = first.memory();
    memory = { ...rest, facts: new Map([...facts, ["baseline:ops", "0"]]) };
  }
  await using world = new Desk(rules, { memory });
  world.down();
  await world.run(60);
  expect(world.told).toEqual(["info host_restarted host"]);
  await world.run(300);
  expect(world.told).toEqual(["info host_restarted host", "down down a"]);
});

test("what a database that comes late knows is taken over between two turns [alerts/A1]", async () => {
  await using world = new Desk({});
  await world.run(1);
  let open = (): void => undefined;
  world.gate = new Promise((resolve) => {
    open = resolve;
  });
  world.isAtGate = false;
  await until("a turn waits at the gate", () => world.isAtGate);
  let isRestored = false;
  const restored = world.restore("another start").then(() => {
    isRestored = true;
  });
  // Whatever is ready by then has run.
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  expect(isRestored).toBe(false);
  open();
  await restored;
  await world.run(5);
  expect(world.told).toEqual(["info host_restarted host"]);
});
