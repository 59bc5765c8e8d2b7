import fc from "fast-check";
import { expect, test } from "vitest";
import type { NoticeItem } from "../../src/alerts/notice.js";
import type { ReceiverTerms } from "../../src/alerts/receiver-door.js";
import type { Work } from "../../src/alerts/work.js";
import { AlertWorld, anything, done, ok, refused } from "./alert-world.js";

const bots = ["twitch/a", "twitch/b", "twitch/c", "kick/d", "kick/e"];
const receivers: ReceiverTerms[] = [
  { ...anything, name: "all" },
  { ...anything, name: "twitch", bots: ["twitch/*"], repeatMs: 600_000 },
  { ...anything, name: "few" },
];
/** One notice to it speaks of two alerts at most. */
const mostItems = { few: 2 };

interface Weather {
  readonly seed: number;
  readonly refuses: number;
  readonly doubts: number;
  readonly kills: number;
  readonly flips: number;
  readonly silences: number;
  readonly steps: number;
  readonly away: number;
}

const weather = (limits: { readonly kills: number; readonly away: number }) =>
  fc.record<Weather>({
    seed: fc.integer(),
    refuses: fc.double({ min: 0, max: 0.5, noNaN: true }),
    doubts: fc.double({ min: 0, max: 0.3, noNaN: true }),
    kills: fc.double({ min: 0, max: limits.kills, noNaN: true }),
    flips: fc.double({ min: 0, max: 0.01, noNaN: true }),
    silences: fc.double({ min: 0, max: 0.01, noNaN: true }),
    steps: fc.double({ min: 0, max: 0.002, noNaN: true }),
    away: fc.double({ min: 0, max: limits.away, noNaN: true }),
  });

/**
 * A random history with a kill between any two steps; then half an hour and more in which all is
 * well. A notice is made, and an answer learnt, in pieces, between which anything else happens; an
 * answer may be learnt for seconds.
 */
function live(one: Weather): AlertWorld {
  const random = chanceFrom(one.seed);
  const world = new AlertWorld({ receivers, bots, mostItems });
  let learning: Work<void>[] = [];
  const killed = () => {
    if (random() >= one.kills) return false;
    learning = [];
    world.kill(Math.floor(random() * (world.disk.waiting + 1)), Math.floor(random() * 120) * 1_000);
    return true;
  };
  const learn = (share: number) => {
    learning = learning.filter((work) => random() >= share || work.next().done !== true);
  };
  const meanwhile = () => {
    if (random() < one.silences) silence(world, random);
    if (random() < one.silences) acknowledge(world);
    learn(0.3);
    return !killed();
  };
  for (let second = 0; second < 3_000; second++) {
    world.pass(1_000);
    if (random() < one.steps) world.wallMs += (random() < 0.5 ? -1 : 1) * 7_200_000;
    if (random() < one.away) world.disk.isAway = !world.disk.isAway;
    if (random() < one.flips / 4) for (const bot of bots) world.down(bot);
    for (const bot of bots) {
      if (random() >= one.flips) continue;
      if (world.fleet.get(bot)?.status === "online") world.down(bot);
      else world.up(bot);
    }
    if (random() < one.silences) silence(world, random);
    learn(0.7);
    if (killed()) continue;
    world.decide();
    learn(0.7);
    if (random() < one.silences) acknowledge(world);
    if (killed()) continue;
    world.disk.commit();
    for (const mailbox of world.mailroom.mailboxes) {
      const { mailroom } = world;
      const rendered = done(mailbox.step(world.now), meanwhile);
      if (mailroom !== world.mailroom) break;
      if (rendered === null) continue;
      if (killed()) break;
      const chance = random();
      const isTaken = random() < 0.5;
      world.reply = () => {
        if (chance < one.refuses) return refused;
        if (chance < one.refuses + one.doubts)
          return { kind: "in_doubt", detail: "no answer", taken: isTaken };
        return ok;
      };
      const answer = world.send(mailbox.name, rendered);
      if (killed()) break;
      learning.push(mailbox.settle(answer, world.now));
      learn(0.7);
      if (killed() || mailroom !== world.mailroom) break;
      world.disk.commit();
    }
  }
  for (const work of learning) done(work);
  world.reply = () => ok;
  world.disk.isAway = false;
  for (const { silenceId } of world.book.silences.all()) world.book.silences.end(silenceId, world.wallMs);
  for (const bot of bots) world.up(bot);
  world.run(2_700_000);
  return world;
}

function silence(world: AlertWorld, random: () => number): void {
  const channels = [bots[Math.floor(random() * bots.length)] as string];
  const untilMs = world.wallMs + Math.ceil(random() * 600_000);
  world.book.silences.add({ channels, rules: null, untilMs, by: "ops", why: "deploy" }, world.wallMs);
}

function acknowledge(world: AlertWorld): void {
  for (const { alertId } of [...world.book.episodes].slice(0, 1)) {
    world.book.acknowledge(alertId, { by: "ops", why: "known", atMs: world.wallMs });
  }
}

/** What is wrong with what a receiver was told. */
function faultsOf(world: AlertWorld, receiver: string): string[] {
  const faults: string[] = [];
  const down = new Map<string, string>();
  const doubtful = new Set(
    [...world.disk.contents.notices.values()]
      .filter((notice) => notice.receiver === receiver && notice.state === "doubtful")
      .flatMap(({ entries }) => entries.map(({ alertId }) => alertId)),
  );
  for (const item of world.items(receiver)) {
    const key = keyOf(item, world);
    const open = down.get(key);
    const isDoubtful = doubtful.has(item.alertId);
    switch (item.kind) {
      case "down":
      case "flapping":
        if (open !== undefined) faults.push(`two downs of ${key}`);
        down.set(key, item.alertId);
        break;
      case "still_down":
      case "changed":
        if (open !== item.alertId && !isDoubtful) faults.push(`${item.kind} without a down of ${key}`);
        down.set(key, item.alertId);
        break;
      case "up":
      case "steady":
        if (open !== item.alertId && !isDoubtful) faults.push(`up without a down of ${key}`);
        down.delete(key);
        break;
      case "was_down":
        if (open !== undefined) faults.push(`was down beside a down of ${key}`);
        break;
      default:
        faults.push(`${item.kind} of ${key}`);
    }
  }
  for (const key of down.keys()) faults.push(`no recovery of ${key}`);
  for (const episode of world.book.episodes)
    faults.push(`still open: ${episode.rule} ${episode.subject.name}`);
  if (world.book.ended.size > 0) faults.push(`${world.book.ended.size} alerts are not let go`);
  return faults;
}

/** Of an alert that says that another comes and goes, an item names the other's rule. */
function keyOf({ alertId, rule, subject }: NoticeItem, world: AlertWorld): string {
  return `${world.disk.contents.alerts.get(alertId)?.rule ?? rule} ${subject}`;
}

/** One number after the other, from 0 to below 1. */
function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function assertSound(world: AlertWorld): void {
  for (const { name } of receivers) expect(faultsOf(world, name), name).toEqual([]);
  const bytes = new Map<string, string>();
  for (const { rendered } of world.taken) {
    expect(bytes.get(rendered.noticeId) ?? rendered.body).toBe(rendered.body);
    bytes.set(rendered.noticeId, rendered.body);
  }
  for (const { items } of world.notices("few")) expect(items.length).toBeLessThanOrEqual(mostItems.few);
  for (const { subject, subjectKind } of world.items("twitch")) {
    if (subjectKind === "bot") expect(subject).toMatch(/^twitch\//);
  }
}

test("whatever is killed, refused or in doubt, each receiver hears down and up in turn, and each down has its up [alerts/A1] [alerts/A2] [alerts/A3] [alerts/A6]", () => {
  fc.assert(
    fc.property(weather({ kills: 0.02, away: 0 }), (one) => assertSound(live(one))),
    { numRuns: 80 },
  );
});

test("a database that comes and goes changes nothing of what a receiver hears, as long as the monitor lives [alerts/A1] [alerts/A2]", () => {
  fc.assert(
    fc.property(weather({ kills: 0, away: 0.01 }), (one) => assertSound(live(one))),
    { numRuns: 40 },
  );
});
