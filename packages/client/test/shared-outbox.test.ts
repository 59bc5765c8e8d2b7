import { decodeLine, type Register } from "@kissbot/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { botOf } from "../src/bot.js";
import { BotLine, type BotLineType } from "../src/bot-line.js";
import { BotRoster, type RosterBounds } from "../src/bot-roster.js";
import type { Settle } from "../src/line.js";
import { SharedOutbox } from "../src/shared-outbox.js";

const wide: RosterBounds = { mostBots: 1_000, mostOver: 1_000, mostBytes: 1_000_000 };

/** An outbox with a monitor at its other end, which takes as many bytes as the test says. */
class Staged {
  readonly roster: BotRoster;
  readonly outbox: SharedOutbox;
  readonly drops: string[] = [];
  /** Bots whose registration is not worth repeating. */
  readonly silent = new Set<string>();
  #taken = Buffer.alloc(0);

  constructor(bounds: RosterBounds) {
    this.roster = new BotRoster(bounds);
    this.outbox = new SharedOutbox({
      roster: this.roster,
      nowMs: () => 0,
      greetingOf: ({ registration = "" }) => registration,
      isSilent: ({ bot }) => this.silent.has(bot.key),
      onDrop: (type, reason) => this.drops.push(`${type} ${reason}`),
    });
  }

  call(type: BotLineType, channel: string, pid: number, extra = "", settle?: Settle): void {
    const text = `{"type":"${type}","channel":"${channel}","pid":${pid}${extra}}\n`;
    const line = new BotLine(botOf(channel, pid), type, text, type === "register" ? text : undefined);
    line.settle = settle;
    this.outbox.putLine(line);
  }

  /** The kernel takes at most so many bytes. Returns how many it took. */
  write(bytes: number): number {
    const chunk = this.outbox.nextChunk();
    if (chunk === undefined) return 0;
    const taken = Buffer.from(chunk as string).subarray(0, bytes);
    this.outbox.markTaken(taken.length);
    this.#taken = Buffer.concat([this.#taken, taken]);
    return taken.length;
  }

  drain(): string[] {
    for (let taken = 1; taken > 0; ) taken = this.write(1_000_000);
    return this.lines();
  }

  /** Whole lines that arrived since the last look, such as `register a 1`. */
  lines(): string[] {
    const text = this.#taken.toString();
    const end = text.lastIndexOf("\n") + 1;
    this.#taken = this.#taken.subarray(Buffer.byteLength(text.slice(0, end)));
    return text
      .slice(0, end)
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const { ok, message } = decodeLine(Buffer.from(line)) as { ok: true; message: Register };
        expect(ok, line).toBe(true);
        return `${message.type} ${message.channel} ${message.pid}`;
      });
  }

  /** The connection broke, and another one was made. */
  reconnect(): void {
    this.outbox.lose();
    this.#taken = Buffer.alloc(0);
    this.outbox.greet();
  }
}

test("of each bot the newest state waits, in the place of the older one", () => {
  const staged = new Staged(wide);
  staged.call("register", "a", 1);
  staged.call("register", "b", 1);
  staged.call("heartbeat", "a", 1);
  staged.call("register", "a", 1);
  staged.call("unregister", "b", 1);
  staged.call("register", "b", 1);
  expect(staged.outbox.waiting).toBe(3);
  expect(staged.drain()).toEqual(["register a 1", "register b 1", "heartbeat a 1"]);
  expect(staged.outbox.isEmpty).toBe(true);
});

test("a registration comes before the heartbeat of its bot, and after what other bots said", () => {
  const staged = new Staged(wide);
  staged.call("heartbeat", "a", 2);
  staged.call("unregister", "a", 1);
  staged.call("register", "a", 2);
  expect(staged.drain()).toEqual(["unregister a 1", "register a 2", "heartbeat a 2"]);
});

test("a new connection begins with every bot that is registered, and with the newest of a channel [client/F5]", () => {
  const staged = new Staged(wide);
  for (const pid of [1, 2, 3]) staged.call("register", "crashing", pid);
  staged.call("register", "stays", 4);
  staged.call("register", "leaves", 5);
  staged.call("unregister", "leaves", 5);
  staged.drain();
  staged.call("heartbeat", "stays", 4);
  staged.call("heartbeat", "crashing", 1);
  staged.reconnect();
  expect(staged.drain()).toEqual([
    "register crashing 3",
    "register stays 4",
    "heartbeat stays 4",
    "heartbeat crashing 1",
  ]);
  // Of a bot that is not registered nothing is kept once its line has gone.
  expect(staged.roster.find(botOf("crashing", 1))).toBeUndefined();
  expect([...staged.roster.registered].length).toBe(2);
});

test("a registration that waits is not repeated, and a bot that was silent for long is forgotten [client/F6]", () => {
  const staged = new Staged(wide);
  for (const channel of ["a", "silent", "silent and waiting"]) staged.call("register", channel, 1);
  staged.drain();
  staged.call("register", "a", 1);
  staged.call("heartbeat", "silent and waiting", 1);
  staged.silent.add("1 silent").add("1 silent and waiting");
  staged.reconnect();
  expect(staged.drain()).toEqual([
    "register silent and waiting 1",
    "register a 1",
    "heartbeat silent and waiting 1",
  ]);
  expect(staged.roster.find(botOf("silent", 1))).toBeUndefined();
});

test("a line that was cut is finished before anything else, or lost with its connection; a goodbye waits again [conformance/R15]", () => {
  const staged = new Staged(wide);
  staged.call("register", "a", 1);
  staged.call("register", "b", 1);
  staged.write(10);
  staged.call("register", "a", 1);
  expect(staged.drain()).toEqual(["register a 1", "register b 1", "register a 1"]);
  staged.call("heartbeat", "a", 1);
  staged.write(10);
  staged.reconnect();
  expect(staged.drops).toEqual(["heartbeat connection_lost"]);
  expect(staged.drain()).toEqual(["register a 1", "register b 1"]);
  staged.call("unregister", "a", 1);
  staged.write(10);
  staged.reconnect();
  expect(staged.drops).toEqual(["heartbeat connection_lost"]);
  expect(staged.drain()).toEqual(["register b 1", "unregister a 1"]);
  expect(staged.roster.find(botOf("a", 1))?.saidGoodbye).toBe(true);
});

test("a goodbye that was cut is not said again once the bot is back [conformance/R15]", () => {
  const staged = new Staged(wide);
  staged.call("register", "a", 1);
  staged.drain();
  staged.call("unregister", "a", 1);
  staged.write(10);
  staged.call("register", "a", 1);
  staged.reconnect();
  expect(staged.drops).toEqual(["unregister connection_lost"]);
  expect(staged.drain()).toEqual(["register a 1"]);
});

test("a heartbeat that waits stays before the goodbye [conformance/R15]", () => {
  const staged = new Staged(wide);
  staged.call("register", "a", 1);
  staged.drain();
  staged.call("heartbeat", "a", 1);
  staged.call("heartbeat", "b", 2);
  staged.call("unregister", "a", 1);
  expect(staged.drain()).toEqual(["heartbeat a 1", "heartbeat b 2", "unregister a 1"]);
});

test("bots that are over make room first, then those that were silent for longest [client/F6]", () => {
  const staged = new Staged({ mostBots: 4, mostOver: 2, mostBytes: 1_000_000 });
  for (const pid of [1, 2, 3, 4]) staged.call("register", `c${pid}`, pid);
  staged.drain();
  staged.call("heartbeat", "c1", 1);
  staged.call("unregister", "c3", 3);
  staged.call("register", "c5", 5);
  expect(staged.drops).toEqual(["unregister buffer_full"]);
  staged.call("register", "c6", 6);
  staged.reconnect();
  expect(staged.drain()).toEqual([
    "register c1 1",
    "register c4 4",
    "heartbeat c1 1",
    "register c5 5",
    "register c6 6",
  ]);
});

test("what is kept is bounded in bytes [client/F6]", () => {
  const staged = new Staged({ mostBots: 1_000, mostOver: 1_000, mostBytes: 5_000 });
  for (let pid = 1; pid <= 100; pid++) {
    staged.call("register", `channel ${pid}`, pid, `,"features":{"${"x".repeat(100)}":true}`);
  }
  expect(staged.roster.size).toBeGreaterThan(10);
  // Each is held twice: as a line, and as what is repeated.
  expect(staged.drain().join().length).toBeLessThan(2_500);
  expect(staged.roster.find(botOf("channel 100", 100))?.registration).toBeDefined();
});

test("a line fits unless one that waits would have to go for it", () => {
  const staged = new Staged({ mostBots: 2, mostOver: 2, mostBytes: 1_000_000 });
  const next = new BotLine(botOf("c", 3), "heartbeat", "x\n");
  expect(staged.outbox.fits(next)).toBe(true);
  staged.call("register", "a", 1);
  expect(staged.outbox.fits(next)).toBe(true);
  staged.call("register", "b", 2);
  expect(staged.outbox.fits(next)).toBe(false);
  staged.drain();
  expect(staged.outbox.fits(next)).toBe(true);
});

test("an outbox that was given up takes nothing any more", () => {
  const staged = new Staged(wide);
  const outcomes: boolean[] = [];
  staged.call("register", "a", 1, "", (sent) => outcomes.push(sent));
  staged.outbox.abandon();
  staged.call("heartbeat", "a", 1);
  expect(outcomes).toEqual([false]);
  expect(staged.drops).toEqual(["register closed", "heartbeat closed"]);
  expect(staged.outbox.isEmpty).toBe(true);
});

const call = fc.record({
  type: fc.constantFrom<BotLineType>("register", "heartbeat", "unregister"),
  channel: fc.constantFrom("a", "b", "ä"),
  pid: fc.integer({ min: 1, max: 4 }),
});
const step = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 3, arbitrary: fc.record({ bytes: fc.integer({ min: 0, max: 200 }) }) },
  { weight: 1, arbitrary: fc.constant({ reconnect: true as const }) },
);

test("whatever happens: each bot ends as it said last, every promise is kept, and the bounds hold [client/F5] [client/F6]", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isTight) => {
      const bounds = { mostBots: 5, mostOver: 3, mostBytes: 700 };
      const staged = new Staged(isTight ? bounds : wide);
      let pending = 0;
      const said = new Map<string, string>();
      const heard = new Map<string, string>();
      const hear = (lines = staged.lines()) => {
        for (const line of lines) {
          const [type = "", ...bot] = line.split(" ");
          if (type !== "heartbeat") heard.set(bot.join(" "), type);
        }
      };
      for (const each of steps) {
        if ("bytes" in each) staged.write(each.bytes);
        else if ("reconnect" in each) {
          hear();
          staged.reconnect();
          // What was cut is lost, so only later words count.
          if (staged.drops.some((drop) => drop.endsWith("connection_lost"))) return;
        } else {
          const { type, channel, pid } = each;
          pending++;
          staged.call(type, channel, pid, "", () => pending--);
          if (type !== "heartbeat") said.set(`${channel} ${pid}`, type);
        }
        hear();
        if (isTight) {
          expect(staged.roster.size).toBeLessThanOrEqual(bounds.mostBots);
          expect(staged.outbox.waiting).toBeLessThanOrEqual(3 * bounds.mostBots + 1);
        }
      }
      hear(staged.drain());
      expect(pending).toBe(0);
      expect(staged.outbox.isEmpty).toBe(true);
      if (isTight) return;
      expect(heard).toEqual(said);
      expect(staged.drops).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
