import { expect, test } from "vitest";
import { explain } from "../../src/alerts/explanation.js";
import type { ReceiverTerms } from "../../src/alerts/receiver-door.js";
import { AlertWorld, anything, refused } from "./alert-world.js";

const ops = { ...anything, name: "ops" };
const minutes = (count: number) => count * 60_000;
const seconds = (count: number) => count * 1_000;

function explained(world: AlertWorld, channel = "twitch/a") {
  const { book, judge, rules, mailroom, reminders, startedClockMs } = world;
  const parts = {
    book,
    judge,
    rules,
    mailboxes: mailroom.mailboxes,
    quietUntilClockMs: startedClockMs + 60_000,
    knowsBaseline: (receiver: string) => reminders.knowsBaseline(receiver),
  };
  return explain(channel, world.fleet.get(channel), parts, world.now);
}

/** A bot that has been down for so long, in a monitor that has been up for two minutes. */
function down(forMs: number, terms: ReceiverTerms = ops): AlertWorld {
  const world = new AlertWorld({ receivers: [terms], bots: ["twitch/a"] });
  world.run(minutes(2));
  world.down("twitch/a");
  world.run(forMs);
  return world;
}

const silence = { channels: ["*"], rules: null, by: "ops", why: "deploy" };
const reasons: Record<string, readonly [world: () => AlertWorld, text: RegExp]> = {
  told: [() => down(minutes(2)), /^told at 2026-/],
  waits_for_company: [() => down(seconds(35)), /^it waits for company; told in \d+ s$/],
  not_taken: [() => down(minutes(1), { ...ops, rules: ["losses"] }), /^ops does not take it$/],
  too_young: [
    () => down(minutes(1), { ...ops, afterMs: minutes(15) }),
    /^told if it is still open in 8\d\d s$/,
  ],
  silenced: [
    () => {
      const world = down(seconds(10));
      world.book.silences.add({ ...silence, untilMs: world.wallMs + minutes(9) }, world.wallMs);
      world.run(minutes(1));
      return world;
    },
    /^silenced by ops until .*: deploy$/,
  ],
  inhibited: [
    () => {
      const world = down(seconds(10));
      world.set("twitch/a", { crashLoop: true });
      world.run(minutes(1));
      return world;
    },
    /^not told beside crash_loop, which is open$/,
  ],
  recovering: [
    () => {
      const world = down(seconds(35));
      world.up("twitch/a");
      world.run(seconds(20));
      return world;
    },
    /^it is fine just now;/,
  ],
  acknowledged: [
    () => {
      const world = down(seconds(40), { ...ops, afterMs: minutes(1) });
      const [alert] = world.book.episodes;
      world.book.acknowledge(alert?.alertId ?? "", { by: "anna", why: "known", atMs: world.wallMs });
      world.run(minutes(2));
      return world;
    },
    /^acknowledged by anna$/,
  ],
  flapping: [
    () => {
      const world = down(minutes(2));
      for (let round = 0; round < 3; round++) {
        world.up("twitch/a");
        world.run(minutes(2));
        world.down("twitch/a");
        world.run(minutes(2));
      }
      return world;
    },
    /^it comes and goes;/,
  ],
  backing_off: [
    () => {
      const world = down(seconds(10));
      world.reply = () => refused;
      world.run(minutes(2));
      return world;
    },
    /^nothing gets through: 500; next try in \d+ s$/,
  ],
  in_doubt: [
    () => {
      const world = down(seconds(10));
      world.reply = () => ({ kind: "in_doubt", detail: "reset" });
      world.run(minutes(2));
      return world;
    },
    /^the message was sent and not answered;/,
  ],
  on_its_way: [
    () => {
      const world = down(seconds(45));
      world.disk.isAway = true;
      world.run(seconds(6));
      return world;
    },
    /^the message is on its way$/,
  ],
  starting: [
    () => {
      const world = new AlertWorld({ receivers: [ops], bots: ["twitch/a"] });
      world.down("twitch/a");
      world.run(seconds(40));
      return world;
    },
    /^the monitor has just started; in \d+ s$/,
  ],
};

test.each(Object.entries(reasons))("an explanation says %s, and why [alerts/A30]", (code, [make, text]) => {
  const { receivers } = explained(make());
  const mine = receivers.find(({ rule }) => rule === "down");
  expect(mine).toMatchObject({ receiver: "ops", code });
  expect(mine?.text).toMatch(text);
});

test("an explanation says how each rule stands, and what is missing [alerts/A30]", () => {
  const world = down(seconds(10));
  const rule = (name: string) => explained(world).rules.find((one) => one.rule === name);
  expect(rule("down")).toMatchObject({ state: "wrong", isOpen: false });
  expect(rule("down")?.text).toMatch(/^process 100 is gone: wrong; an alert opens in 2\d s if it stays so$/);
  expect(rule("trouble")).toMatchObject({ state: "fine", text: "fine" });
  world.run(minutes(2));
  expect(rule("down")?.text).toMatch(/wrong; the alert is open$/);
  world.up("twitch/a");
  world.run(seconds(20));
  expect(rule("down")?.text).toMatch(/^fine; the alert ends in 4\d s if it stays so$/);
  world.isBlind = true;
  world.set("twitch/a", { status: "stale" });
  expect(rule("down")).toMatchObject({ state: "unknown" });
  expect(explained(world, "nobody")).toMatchObject({ isKnown: false, rules: [], receivers: [] });
});
