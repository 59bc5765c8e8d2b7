import { RecordingLogger, until } from "@kissbot/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LiveFeed } from "../../src/live/live-feed.js";
import type { Bot } from "../../src/registry/bot.js";
import type { Transition } from "../../src/registry/transition.js";
import { noonMs, PlainFleet } from "../http/plain-fleet.js";
import { RecordingViewer } from "./recording-viewer.js";

/** A feed over a fleet of which each change is told, as the registry tells it. */
class FedFleet {
  readonly fleet = new PlainFleet();
  readonly log = new RecordingLogger();
  readonly feed: LiveFeed;
  nowMs = 0;
  encoded = 0;
  /** What happens between two turns. */
  onTurn: () => void = () => undefined;
  /** How many bots are encoded in a turn. */
  turnLength = Number.POSITIVE_INFINITY;

  constructor(intervalMs = 1) {
    this.feed = new LiveFeed({
      fleet: this.fleet,
      clock: { wallMs: () => noonMs, monotonicMs: () => this.nowMs },
      logger: this.log,
      json: {
        bot: ({ channel, revision, restarts }: Bot) => {
          this.encoded++;
          return JSON.stringify({ channel, revision, restarts });
        },
        transition: ({ channel, cause }: Transition) => JSON.stringify({ channel, cause }),
      },
      turns: {
        nextTurn: async () => {
          await new Promise(setImmediate);
          this.onTurn();
          let left = this.turnLength;
          return () => left-- <= 0;
        },
      },
      intervalMs,
    });
  }

  change(channel: string): void {
    const known = this.fleet.get(channel) !== undefined;
    this.feed.botChanged(known ? this.fleet.change(channel) : this.fleet.add(channel));
  }

  /** A change of status; `restarts` counts them here. */
  turn(channel: string): void {
    const restarts = (this.fleet.get(channel)?.restarts ?? 0) + 1;
    const bot = this.fleet.get(channel) === undefined ? this.fleet.add(channel) : this.fleet.change(channel);
    this.fleet.change(channel, { restarts });
    this.feed.statusChanged({
      tsMs: noonMs,
      channel,
      pid: bot.pid,
      from: "online",
      to: "stale",
      cause: `${restarts}`,
      causeCode: "silent",
      previousPid: null,
      livedMs: null,
    });
    this.feed.botChanged(bot);
  }
}

interface Told {
  readonly channel: string;
  readonly revision: number;
  readonly restarts: number;
  readonly cause: string;
}

/**
 * What a viewer knows, checked as it is told: no bot twice in one state or in an older one, and no
 * transition left out or repeated.
 */
function knowledgeOf(viewer: RecordingViewer): Map<string, Told> {
  const known = new Map<string, Told>();
  const transitions = new Map<string, number>();
  let lastId = 0;
  for (const [i, { id, name, data }] of viewer.events.entries()) {
    expect(id).toBeGreaterThan(lastId);
    lastId = id;
    expect(name === "snapshot").toBe(i === 0);
    if (name === "transition") {
      const { channel, cause } = data as Told;
      expect(Number(cause)).toBe((transitions.get(channel) ?? 0) + 1);
      transitions.set(channel, Number(cause));
      continue;
    }
    for (const bot of data as Told[]) {
      expect(bot.revision).toBeGreaterThan(known.get(bot.channel)?.revision ?? 0);
      known.set(bot.channel, bot);
      if (i === 0) transitions.set(bot.channel, bot.restarts);
    }
  }
  for (const [channel, count] of transitions)
    expect([channel, known.get(channel)?.restarts]).toEqual([channel, count]);
  return known;
}

const channel = fc.constantFrom("a", "b", "c", "d", "e", "f");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("change" as const), channel }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("turn" as const), channel }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join" as const), channel }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), channel }) },
);

test("a viewer misses nothing and is told nothing twice, whenever it comes and whatever changes meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (rounds, turnLength) => {
        const fed = new FedFleet();
        fed.turnLength = turnLength;
        const viewers: { viewer: RecordingViewer; leave: () => void; left: boolean }[] = [];
        const take = () => {
          for (const { kind, channel } of rounds.shift() ?? []) {
            if (kind === "change") fed.change(channel);
            if (kind === "turn") fed.turn(channel);
            if (kind === "join") {
              const viewer = new RecordingViewer();
              viewers.push({ viewer, leave: fed.feed.subscribe(viewer), left: false });
            }
            const leaver = viewers.find(({ left }) => !left);
            if (kind === "leave" && leaver !== undefined) {
              leaver.leave();
              leaver.left = true;
            }
          }
        };
        fed.onTurn = take;
        while (rounds.length > 0) {
          take();
          await new Promise(setImmediate);
          fed.nowMs++;
        }
        const last = new RecordingViewer();
        viewers.push({ viewer: last, leave: fed.feed.subscribe(last), left: false });
        // When all is told, the last word of each bot has reached each who stayed.
        fed.change("a");
        await until("everybody is told", () => {
          fed.nowMs++;
          const stayed = viewers.filter(({ left }) => !left);
          const want = fed.fleet.get("a")?.revision;
          return stayed.every(({ viewer }) => viewer.text.includes(`{"channel":"a","revision":${want},`));
        });
        for (const { viewer, left } of viewers) {
          const known = knowledgeOf(viewer);
          if (left) continue;
          const now = [...fed.fleet.bots()].map(({ channel, revision }) => [channel, revision]);
          expect([...known.values()].map(({ channel, revision }) => [channel, revision]).sort()).toEqual(
            now.sort(),
          );
        }
        await fed.feed.stop();
        expect(fed.log.errors).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

describe("a change", () => {
  test("is encoded once for all viewers, and the bytes are shared", async () => {
    const fed = new FedFleet();
    fed.change("a");
    const viewers = Array.from({ length: 50 }, () => new RecordingViewer());
    for (const viewer of viewers) fed.feed.subscribe(viewer);
    await until("all have the snapshot", () => viewers.every(({ pieces }) => pieces.length === 1));
    expect(fed.encoded).toBe(1);
    for (let i = 0; i < 100; i++) fed.change("a");
    fed.nowMs += 250;
    await until("all are told", () => viewers.every(({ pieces }) => pieces.length === 2));
    expect(fed.encoded).toBe(2);
    expect(new Set(viewers.map(({ pieces }) => pieces[1])).size).toBe(1);
    await fed.feed.stop();
    expect(viewers.every(({ closed }) => closed)).toBe(true);
  });

  test("costs nothing while nobody views", async () => {
    const fed = new FedFleet();
    for (let i = 0; i < 1000; i++) fed.turn(`bot-${i}`);
    const viewer = new RecordingViewer();
    const leave = fed.feed.subscribe(viewer);
    leave();
    for (let i = 0; i < 1000; i++) fed.turn(`bot-${i}`);
    fed.feed.subscribe(viewer);
    await until("the snapshot", () => viewer.pieces.length > 0);
    expect(fed.encoded).toBe(1000);
    expect(viewer.events.map(({ name }) => name)).toEqual(["snapshot"]);
    await fed.feed.stop();
  });

  test("waits for the next round, at most four a second", async () => {
    const fed = new FedFleet(250);
    const viewer = new RecordingViewer();
    fed.feed.subscribe(viewer);
    await until("the snapshot", () => viewer.pieces.length === 1);
    const startMs = performance.now();
    fed.change("a");
    await until("the change", () => viewer.pieces.length === 2);
    expect(performance.now() - startMs).toBeGreaterThan(200);
    await fed.feed.stop();
  });
});

describe("a viewer who does not read", () => {
  const join = async (fed: FedFleet, viewer: RecordingViewer) => {
    fed.feed.subscribe(viewer);
    await until("the snapshot", () => viewer.pieces.length > 0);
  };

  test("is dropped and counted once too much waits for it, and nobody else", async () => {
    const fed = new FedFleet();
    // Each bot's text is some 40 bytes; a thousand names of a thousand characters are a megabyte a
    // round.
    const names = Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(1000, "x"));
    for (const name of names) fed.change(name);
    const [good, bad] = [new RecordingViewer(), new RecordingViewer()];
    bad.reads = false;
    await join(fed, good);
    await join(fed, bad);
    let told = good.pieces.length;
    let rounds = 0;
    for (; !bad.closed && rounds < 20; rounds++) {
      for (const name of names) fed.change(name);
      fed.nowMs += 1;
      await until("the good one is told", () => good.pieces.length > told);
      told = good.pieces.length;
    }
    expect(bad.closed).toBe(true);
    // The bound holds beyond the snapshot of one megabyte.
    expect(rounds).toBeGreaterThanOrEqual(4);
    expect(bad.unsentBytes).toBeLessThan(7 * 1024 * 1024);
    expect({ dropped: fed.feed.dropped, viewers: fed.feed.viewers, closed: good.closed }).toEqual({
      dropped: 1,
      viewers: 1,
      closed: false,
    });
    await fed.feed.stop();
  });

  test("is dropped after ten seconds without progress, though little waits", async () => {
    const fed = new FedFleet();
    const [stalled, slow] = [new RecordingViewer(), new RecordingViewer()];
    stalled.reads = false;
    slow.reads = false;
    fed.change("a");
    await join(fed, stalled);
    await join(fed, slow);
    await fed.feed.start();
    fed.nowMs += 9_000;
    slow.take(1);
    const check = async () => {
      fed.change("a");
      const before = fed.encoded;
      fed.nowMs += 1;
      await until("a round", () => fed.encoded > before);
    };
    await check();
    expect(fed.feed.dropped).toBe(0);
    fed.nowMs += 1_500;
    await until("the stalled one is dropped", () => stalled.closed);
    expect(slow.closed).toBe(false);
    await fed.feed.stop();
  });
});

test("a comment is sent every fifteen seconds", async () => {
  const fed = new FedFleet();
  fed.nowMs = 100_000;
  const viewer = new RecordingViewer();
  fed.feed.subscribe(viewer);
  await fed.feed.start();
  await until("a comment", () => viewer.text.includes("\n\n: here\n\n"));
  const { length } = viewer.pieces;
  const { looks } = viewer;
  fed.nowMs += 14_000;
  await until("two checks", () => viewer.looks >= looks + 2);
  expect(viewer.pieces.length).toBe(length);
  fed.nowMs += 1_000;
  await until("the next", () => viewer.pieces.length === length + 1);
  await fed.feed.stop();
});

test("a fault in a round closes the viewers and is logged, and later ones are served", async () => {
  const fed = new FedFleet();
  fed.change("a");
  const [first, second] = [new RecordingViewer(), new RecordingViewer()];
  fed.onTurn = () => {
    throw new Error("out of order");
  };
  fed.feed.subscribe(first);
  await until("the fault", () => first.closed);
  expect(fed.log.errors).toHaveLength(1);
  fed.onTurn = () => undefined;
  fed.nowMs += 250;
  fed.feed.subscribe(second);
  await until("a snapshot", () => second.pieces.length > 0);
  await fed.feed.stop();
});

test("a bot that is forgotten is told before the changes, also where its channel has come again [server/F14]", async () => {
  const fed = new FedFleet();
  for (const channel of ["a", "b"]) fed.change(channel);
  const viewer = new RecordingViewer();
  fed.feed.subscribe(viewer);
  await until("the snapshot", () => viewer.events.length === 1);
  fed.change("a");
  fed.feed.botForgotten(fed.fleet.remove("b"));
  fed.feed.botForgotten(fed.fleet.remove("a"));
  fed.change("a");
  await until("they are told", () => viewer.events.length === 4);
  const [, ...told] = viewer.events;
  expect(told.map(({ name, data }) => [name, data])).toEqual([
    ["forgotten", { channel: "b" }],
    ["forgotten", { channel: "a" }],
    ["bots", [{ channel: "a", revision: 1, restarts: 0 }]],
  ]);
});

test("an alert is told as it is when it is told, once for all its changes, and to nobody afterwards", async () => {
  const fed = new FedFleet();
  let made = 0;
  const say = (alertId: string, cause: string) =>
    fed.feed.alertChanged(alertId, () => {
      made++;
      return JSON.stringify({ alert_id: alertId, cause });
    });
  say("before anybody views", "");
  const viewer = new RecordingViewer();
  const leave = fed.feed.subscribe(viewer);
  await until("the snapshot", () => viewer.events.length === 1);
  say("x", "stale");
  say("y", "stale");
  say("x", "dead");
  await until("they are told", () => viewer.events.length === 3);
  expect(viewer.events.slice(1).map(({ name, data }) => [name, data])).toEqual([
    ["alert", { alert_id: "x", cause: "dead" }],
    ["alert", { alert_id: "y", cause: "stale" }],
  ]);
  leave();
  say("z", "stale");
  expect(made).toBe(2);
});

test("nobody is told of a bot that was forgotten while it was encoded [server/F14]", async () => {
  const fed = new FedFleet();
  fed.turnLength = 1;
  for (const channel of ["a", "b", "c", "d"]) fed.change(channel);
  const watching = new RecordingViewer();
  fed.feed.subscribe(watching);
  await until("the first snapshot", () => watching.events.length === 1);
  const joining = new RecordingViewer();
  fed.feed.subscribe(joining);
  fed.change("a");
  fed.onTurn = () => {
    if (fed.encoded < 7 || fed.fleet.get("a") === undefined) return;
    fed.feed.botForgotten(fed.fleet.remove("a"));
  };
  await until("the second snapshot", () => joining.events.length >= 1);
  await until("the other one is told", () => watching.events.length >= 2);
  expect(fed.fleet.get("a")).toBeUndefined();
  expect(((joining.events[0]?.data ?? []) as { channel: string }[]).map(({ channel }) => channel)).toEqual([
    "b",
    "c",
    "d",
  ]);
  expect(watching.events.slice(1).map(({ name }) => name)).toEqual(["forgotten"]);
});
