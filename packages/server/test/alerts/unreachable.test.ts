import { expect, test } from "vitest";
import type { Answer } from "../../src/alerts/receiver-door.js";
import { AlertWorld, anything, ok, refused } from "./alert-world.js";

const minutes = (count: number) => count * 60_000;
const broken: Answer = { kind: "broken", detail: "404" };

function running(more: Partial<ConstructorParameters<typeof AlertWorld>[0]> = {}): AlertWorld {
  const receivers = [{ ...anything, name: "ops" }];
  const world = new AlertWorld({ receivers, bots: ["twitch/a"], ...more });
  world.run(minutes(2));
  return world;
}

function silence(world: AlertWorld): void {
  const untilMs = world.wallMs + minutes(1_200);
  const request = { channels: ["twitch/*"], rules: null, untilMs, by: "ops", why: "known" };
  world.book.silences.add(request, world.wallMs);
}

/** News is refused, and then nothing is left to say. */
function refuseOnce(world: AlertWorld): void {
  world.reply = () => refused;
  world.down("twitch/a");
  world.run(minutes(1));
  silence(world);
}

const failing = (world: AlertWorld) =>
  world.mailroom.failing().map(({ isBroken, isOwed }) => [isBroken, isOwed]);

test("a receiver whose address is wrong is tried once an hour also with nothing left to say, and is owed nothing then [alerts/A12] [alerts/A33]", () => {
  const world = running();
  world.reply = () => broken;
  world.down("twitch/a");
  world.run(minutes(5));
  expect(failing(world)).toEqual([[true, true]]);
  silence(world);
  world.run(minutes(1));
  expect(failing(world)).toEqual([[true, false]]);
  world.run(minutes(120));
  const times = world.requests.map(({ atMs }) => atMs);
  expect(times).toHaveLength(3);
  expect(Math.min(...times.slice(1).map((ms, i) => ms - (times[i] ?? 0)))).toBeGreaterThanOrEqual(
    minutes(60),
  );
  expect(failing(world)).toEqual([[true, false]]);
  world.reply = () => ok;
  world.run(minutes(120));
  expect(failing(world)).toEqual([]);
  expect(world.notices("ops").map(({ kind, items }) => [kind, items.length])).toEqual([["first", 0]]);
});

test("one that refused the message of a Monday is tried again an hour later [alerts/A12] [alerts/A33]", () => {
  const world = running({ reminderAt: "09:00", startWallMs: Date.UTC(2026, 10, 9, 8, 50) });
  let requests = 0;
  world.reply = () => (++requests === 1 ? broken : ok);
  world.run(minutes(30));
  expect(failing(world)).toEqual([[true, false]]);
  world.run(minutes(60));
  expect(failing(world)).toEqual([]);
  world.run(minutes(240));
  expect(requests).toBe(2);
});

test("one that refused its only news once is tried before it counts as failing, and once an hour while it refuses", () => {
  const world = running();
  refuseOnce(world);
  world.run(minutes(1));
  const before = world.requests.length;
  world.reply = () => ok;
  world.run(minutes(240));
  expect(world.requests).toHaveLength(before + 1);
  expect(failing(world)).toEqual([]);
  expect(world.told("ops")).toEqual([]);
});

test("one that refuses all is tried once an hour, with nothing left to say", () => {
  const world = running();
  refuseOnce(world);
  world.run(minutes(1));
  const before = world.requests.length;
  world.run(minutes(179));
  expect(world.requests).toHaveLength(before + 3);
  expect(failing(world)).toEqual([[false, false]]);
});

test("news that a receiver refuses again and again is owed without a break [alerts/A33]", () => {
  const world = running();
  world.reply = () => refused;
  world.down("twitch/a");
  world.run(minutes(11));
  for (let second = 0; second < 1_200; second++) {
    world.second();
    expect(failing(world)).toEqual([[false, true]]);
  }
});

test("news count as owed at once, also where a try has had no answer", () => {
  const world = running({ bots: ["twitch/a", "kick/b"] });
  refuseOnce(world);
  world.reply = () => ({ kind: "in_doubt", detail: "no answer in time" });
  world.run(minutes(180));
  expect(failing(world)).toEqual([[false, false]]);
  const before = world.requests.length;
  while (world.requests.length === before) world.run(1_000);
  world.down("kick/b");
  world.run(minutes(1));
  expect(failing(world)).toEqual([[false, true]]);
});

test("a receiver that cannot read a notice but takes its plain text is held by no earlier failure", () => {
  const world = running({ bots: ["twitch/a", "twitch/b"] });
  world.reply = () => refused;
  world.down("twitch/a");
  world.run(minutes(15));
  const before = world.taken.length;
  world.reply = ({ body }) => (body.startsWith("plain") ? ok : { kind: "unfit", detail: "400" });
  for (let passed = 0; passed < 600 && world.taken.length === before; passed++) world.second();
  expect(failing(world)).toEqual([]);
  world.reply = () => ok;
  world.down("twitch/b");
  world.run(minutes(2));
  expect(world.taken.at(-1)?.rendered.body).toContain("twitch/b");
});
