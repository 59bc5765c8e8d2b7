import { expect, test } from "vitest";
import { restoreAlerts } from "../../src/alerts/alert-memory.js";
import { pendingFrom } from "../../src/alerts/pending-text.js";
import type { Answer, ReceiverTerms } from "../../src/alerts/receiver-door.js";
import { holdFrom, ReceiverHold } from "../../src/alerts/receiver-hold.js";
import { AlertWorld, anything, ok, unset } from "./alert-world.js";

const minutes = (count: number) => count * 60_000;
const seconds = (count: number) => count * 1_000;

function running(terms: Partial<ReceiverTerms> = {}, rules: Readonly<Record<string, typeof unset>> = {}) {
  const receivers = [{ ...anything, name: "ops", ...terms }];
  const world = new AlertWorld({ receivers, bots: ["a", "b"], rules });
  world.run(minutes(2));
  return { world, receivers };
}

/** Killed when it has run for so long, and started again a second later, so many times. */
function restart(world: AlertWorld, times: number, everyMs: number): void {
  for (let i = 0; i < times; i++) {
    world.run(everyMs);
    world.kill(world.disk.waiting, 1_000);
  }
}

const pauses: [string, Answer, number][] = [
  ["asks for an hour's pause", { kind: "refused", retryAfterMs: minutes(60), detail: "429" }, 60],
  ["has a wrong address", { kind: "broken", detail: "404" }, 60],
];

test.each(pauses)(
  "a receiver that %s is not asked before, however often the monitor is started again [alerts/A8] [alerts/A12]",
  (_, answer, pauseMin) => {
    const { world } = running();
    world.reply = () => answer;
    world.down("a");
    world.run(minutes(2));
    expect(world.requests).toHaveLength(1);
    const askedMs = world.requests[0]?.atMs ?? 0;
    restart(world, 30, seconds(100));
    expect(world.requests).toHaveLength(1);
    world.run(seconds(1));
    expect(world.mailroom.failing().map(({ name, detail }) => [name, detail])).toEqual([
      ["ops", (answer as { detail: string }).detail],
    ]);
    world.reply = () => ok;
    world.run(minutes(15));
    expect(world.told("ops")).toEqual(["down a"]);
    expect((world.requests[1]?.atMs ?? 0) - askedMs).toBeGreaterThanOrEqual(minutes(pauseMin));
    // What got through once is not held by what was before.
    restart(world, 1, seconds(5));
    world.down("b");
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down a", "down b"]);
  },
);

test("a notice in doubt is sent again no sooner for a restart, and under its id [alerts/A6]", () => {
  const { world } = running();
  world.reply = () => ({ kind: "in_doubt", detail: "500" });
  world.down("a");
  world.run(minutes(9));
  const before = world.requests.length;
  restart(world, 20, seconds(10));
  // Every five minutes by then.
  expect(world.requests.length - before).toBeLessThanOrEqual(2);
  expect(new Set(world.requests.map(({ noticeId }) => noticeId)).size).toBe(1);
});

test("a receiver that is reached elsewhere after a restart is asked at once [alerts/A12]", () => {
  const { world, receivers } = running({ mark: "a1" });
  world.reply = () => ({ kind: "broken", detail: "404" });
  world.down("a");
  world.run(minutes(2));
  world.reply = () => ok;
  (receivers[0] as { mark: string }).mark = "b2";
  restart(world, 1, seconds(10));
  world.run(minutes(3));
  expect(world.told("ops")).toEqual(["down a"]);
});

test("an alert that opened anew before the database did keeps its acknowledgement and its age [alerts/A25]", () => {
  const { world } = running({ repeatMs: minutes(60) });
  world.down("a");
  world.run(minutes(3));
  const [old] = world.book.episodes;
  world.book.acknowledge(old?.alertId ?? "", { by: "ops", why: "known", atMs: world.wallMs });
  world.disk.commit();
  const memory = world.disk.memory(world.wallMs);
  world.disk.contents.alerts.clear();
  world.disk.contents.tells.clear();
  world.kill(0, 1_000);
  world.run(seconds(45));
  const [anew] = world.book.episodes;
  expect(anew?.openedMs).toBeGreaterThan(old?.openedMs ?? 0);
  const { book, mailroom, reminders, judge } = world;
  const parts = { book, mailroom, reminders, subjectOf: judge.subjectOf, outcomeOf: () => null };
  restoreAlerts(memory, parts, world.now);
  world.run(minutes(180));
  expect(world.told("ops")).toEqual(["down a"]);
  const kept = { openedMs: old?.openedMs, ack: { by: "ops", why: "known" } };
  expect(anew).toMatchObject(kept);
  expect(world.disk.contents.alerts.get(anew?.alertId ?? "")).toMatchObject(kept);
});

test("a rule that is wrong for ten minutes opens its alert though the monitor is started again every two, and the time between does not count [alerts/A4]", () => {
  const rules = { rss_mb: { ...unset, above: 400 } };
  const { world } = running({}, rules);
  const fill = (ms: number, rssMb: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      world.set("a", { rssMb, measuredAtMs: world.wallMs });
      world.second();
    }
  };
  const isOpen = () => world.book.episodes.get("rss_mb", "a") !== undefined;
  for (let life = 0; life < 4; life++) {
    fill(seconds(120), 500);
    world.kill(world.disk.waiting, minutes(30));
  }
  expect(isOpen()).toBe(false);
  fill(seconds(119), 500);
  expect(isOpen()).toBe(false);
  fill(seconds(30), 500);
  expect(isOpen()).toBe(true);
  // Its end, too: fine for five minutes.
  for (let life = 0; life < 2; life++) {
    fill(seconds(120), 100);
    world.kill(world.disk.waiting, minutes(30));
  }
  expect(isOpen()).toBe(true);
  fill(seconds(90), 100);
  expect(isOpen()).toBe(false);
  // What is fine for a moment begins anew.
  fill(seconds(500), 500);
  world.kill(world.disk.waiting, seconds(1));
  fill(seconds(20), 100);
  fill(seconds(500), 500);
  expect(isOpen()).toBe(false);
});

test.each([
  "",
  "x",
  "{}",
  "[1]",
  '[["a"]]',
  '[["a","b","c",1]]',
  "null",
  '{"failures":"x"}',
  '{"failures":1}',
])("what somebody else wrote into the facts is nothing: %s", (text) => {
  expect(pendingFrom(text)).toEqual([]);
  expect(holdFrom(text, undefined, { wallMs: 0, clockMs: 0 })).toBeNull();
});

test("a wall clock that was set back holds a receiver for an hour at most", () => {
  const record = { mark: null, failures: 3, since_ms: 5, until_ms: 1e15, broken: false, detail: "429" };
  const hold = holdFrom(JSON.stringify(record), undefined, { wallMs: 10, clockMs: 100 });
  expect(hold).toMatchObject({ failures: 3, retryClockMs: 3_600_100 });
});

test("a hold that is read late, from a database that was away, holds no receiver that has answered", () => {
  const record = { mark: null, failures: 3, since_ms: 5, until_ms: 1e9, broken: true, detail: "404" };
  const now = { wallMs: 10, clockMs: 100 };
  const asked = new ReceiverHold();
  asked.release();
  asked.restore(JSON.stringify(record), undefined, now);
  expect(asked.failure).toBeNull();
  const unasked = new ReceiverHold();
  unasked.restore(JSON.stringify(record), undefined, now);
  expect(unasked.failure).toMatchObject({ detail: "404", isBroken: true });
});

test("a receiver that worked before the database opened is not held after the next restart either", () => {
  const { world } = running();
  const hold = { mark: null, failures: 9, since_ms: world.wallMs, broken: true, detail: "404" };
  const held = JSON.stringify({ ...hold, until_ms: world.wallMs + minutes(60) });
  world.down("a");
  world.run(minutes(2));
  expect(world.told("ops")).toEqual(["down a"]);
  // The database of the run before opens, with nothing but this.
  world.disk.contents.facts.set("held:ops", held);
  const none = { alerts: [], tells: [], notices: [], silences: [], recent: [] };
  const memory = { ...none, facts: new Map([["held:ops", held]]) };
  const { book, mailroom, reminders, judge } = world;
  restoreAlerts(
    memory,
    { book, mailroom, reminders, subjectOf: judge.subjectOf, outcomeOf: () => null },
    world.now,
  );
  world.run(seconds(5));
  expect(world.mailroom.failing()).toEqual([]);
  restart(world, 1, seconds(5));
  world.down("b");
  world.run(minutes(3));
  expect(world.told("ops").at(-1)).toBe("down b");
});
