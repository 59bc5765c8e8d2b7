import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type WhyFacts, whyOf } from "../../page/bot/why.js";
import { attentionOf } from "../../page/fleet/attention.js";
import type { Bot } from "../../page/fleet/bot.js";
import { ZoneClock } from "../../page/frame/time-text.js";
import { anyBot, bot } from "./bots.js";

const nowMs = Date.parse("2026-11-26T17:34:12Z");
const clock = new ZoneClock("UTC");
const facts: WhyFacts = { nowMs, staleTimeoutMs: 60_000, clockText: (ms) => clock.text(ms, nowMs) };
const ago = (seconds: number) => nowMs - seconds * 1_000;

const dead: Partial<Bot> = { status: "dead", causeCode: "process_gone", sinceMs: ago(9) };
const stale: Partial<Bot> = { status: "stale", causeCode: "silent", pid: 4242, lastSeenMs: ago(130) };

describe("why a bot is as it is", () => {
  test.each<[string, Partial<Bot>, Partial<WhyFacts>]>([
    ["Process 4711 is gone.", dead, {}],
    ["Process 4711 is gone. It had lived 3 min.", { ...dead, livedMs: 180_000 }, {}],
    ["Process 4711 is gone. It had lived less than 1 s.", { ...dead, livedMs: 400 }, {}],
    [
      "Crash loop: died 5 times in 10 min, lives less than 1 s each time.",
      { crashLoop: true, crashesInTenMinutes: 5, typicalLifeMs: 90 },
      {},
    ],
    [
      "Process 4711 is gone. Its memory had grown from 96 MB to 1.9 GB within an hour.",
      dead,
      { growth: { fromMb: 96, toMb: 1_946 } },
    ],
    ["Process 4711 is gone.", dead, { growth: { fromMb: 96, toMb: 190 } }],
    ["Process 4711 is gone.", dead, { growth: { fromMb: 600, toMb: 1_000 } }],
    [
      "Process 4711 is gone. Crash loop: died 4 times in 10 min, lives about 6 s each time.",
      { ...dead, crashLoop: true, crashesInTenMinutes: 4, typicalLifeMs: 6_400, livedMs: 6_000 },
      {},
    ],
    [
      "Process 4711 ended and said: exit 1: TokenInvalid at bot.js:12.",
      { ...dead, cause: "exit 1: TokenInvalid at bot.js:12" },
      {},
    ],
    ["Process 4711 is gone; another program has its pid now.", { ...dead, causeCode: "pid_reused" }, {}],
    [
      "It died between 12:00:30 (last heard) and 12:10:02, while the monitor was off.",
      {
        ...dead,
        causeCode: "gone_at_start",
        lastSeenMs: Date.parse("2026-11-26T12:00:30Z"),
        sinceMs: Date.parse("2026-11-26T12:10:02Z"),
      },
      {},
    ],
    ["It died while the monitor was off.", { ...dead, causeCode: "gone_at_start" }, {}],
    [
      "Crash loop: died 3 times in 10 min, lives about 20 s each time.",
      { crashLoop: true, crashesInTenMinutes: 3, typicalLifeMs: 20_000 },
      {},
    ],
    [
      "Crash loop: died 3 times in 10 min. The last one said: exit 1: TokenInvalid at bot.js:12.",
      { crashLoop: true, crashesInTenMinutes: 3 },
      { lastDeathOf: () => "exit 1: TokenInvalid at bot.js:12" },
    ],
    [
      "Crash loop: died 3 times in 10 min.",
      { crashLoop: true, crashesInTenMinutes: 3 },
      { lastDeathOf: () => "process 4711 is gone" },
    ],
    ["", {}, { lastDeathOf: () => "exit 1" }],
    [
      "No heartbeat for 2 min 10 s, though process 4242 lives and uses 100 % of a core: a busy loop?",
      { ...stale, cpuPct: 99.7 },
      {},
    ],
    [
      "No heartbeat for 2 min 10 s, though process 4242 lives but does nothing: hung, stopped or waiting?",
      { ...stale, cpuPct: 0.2 },
      {},
    ],
    [
      "No heartbeat for 2 min 10 s, though process 4242 lives and uses 40 % of a core.",
      { ...stale, cpuPct: 40 },
      {},
    ],
    ["No heartbeat for 2 min 10 s, though process 4242 lives.", stale, {}],
    [
      "No heartbeat for 2 min 10 s. Its process cannot be seen from here (container, other user), so it may be dead.",
      { ...stale, processSeen: false },
      {},
    ],
    [
      "Processes 14139 and 15501 both report as this bot, since 17:33:43.",
      { pid: 14_139, conflict: { pid: 15_501, sinceMs: ago(29) } },
      {},
    ],
    ["It says: TokenInvalid", { trouble: "TokenInvalid", troubleSinceMs: ago(5) }, {}],
    ["Said goodbye at 17:33:46.", { status: "offline", causeCode: "goodbye", sinceMs: ago(26) }, {}],
    ["Late: a heartbeat was due 12 s ago; called stale in 33 s.", { lastSeenMs: ago(27), intervalS: 15 }, {}],
    ["", { lastSeenMs: ago(20), intervalS: 15 }, {}],
    ["Its client lost 212 lines since its start.", { clientDropped: 212 }, {}],
    ["Its client lost 1 line since its start.", { clientDropped: 1 }, {}],
    ["", {}, {}],
  ])("is said as %j [page/R2]", (sentence, change, more) => {
    expect(whyOf(bot(change), { ...facts, ...more })).toBe(sentence);
  });

  test("says nothing that is not known, whatever is known [page/R2]", () => {
    fc.assert(
      fc.property(anyBot, fc.option(fc.constant(60_000), { nil: null }), (one, staleTimeoutMs) => {
        const text = whyOf(one, { ...facts, staleTimeoutMs });
        expect(text).not.toMatch(/undefined|null|NaN|Infinity|-\d|\.\d{3,}/);
        expect(text).not.toMatch(/\bprocess 0\b/i);
        expect(text.trim()).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  test("shows what others wrote with its hidden characters visible [page/R28]", () => {
    const words = "exit 1: \u202Egpj.exe\u0007\u200B";
    expect(whyOf(bot({ ...dead, cause: words }), facts)).toBe(
      "Process 4711 ended and said: exit 1: ⟨U+202E⟩gpj.exe⟨U+0007⟩⟨U+200B⟩.",
    );
  });
});

describe("the list of what needs attention", () => {
  const many = (count: number, change: (i: number) => Partial<Bot>) =>
    Array.from({ length: count }, (_, i) => bot({ channel: `twitch/${i}`, ...change(i) }));

  test("has twelve bots of one dead process in one line [page/R2]", () => {
    const bots = many(12, () => ({ ...dead, startedAtMs: 5 }));
    const items = attentionOf([...bots, bot({ ...dead, channel: "x", pid: 9, startedAtMs: 5 })], facts);
    expect(items.map(({ title }) => title)).toEqual(["12 bots of process 4711", "x"]);
    expect(items[0]).toMatchObject({
      condition: "dead",
      why: "Process 4711 is gone. 12 bots ran in it.",
      sinceMs: ago(9),
    });
  });

  test("keeps apart two processes of one pid, and those whose start nobody knows [page/R2]", () => {
    const bots = many(4, (i) => ({ ...dead, startedAtMs: i < 2 ? i : null }));
    expect(attentionOf(bots, facts).length).toBe(4);
  });

  test("has a fifth of a platform that fell silent within 10 s in one line, with a question [page/R2]", () => {
    const silent = many(3, (i) => ({ ...stale, sinceMs: ago(100 + i) }));
    const healthy = many(12, (i) => ({ channel: `twitch/up${i}` }));
    const [item, ...rest] = attentionOf([...silent, ...healthy], facts);
    expect(rest).toEqual([]);
    expect(item).toMatchObject({
      condition: "stale",
      title: "3 bots of twitch",
      why: "They fell silent at 17:32:30 within 2 s: one cause?",
    });
    // Not where it is less than a fifth, nor where they did so one after the other.
    expect(attentionOf([...silent, ...healthy, bot({ channel: "twitch/more" })], facts).length).toBe(3);
    expect(
      attentionOf(
        many(3, (i) => ({ ...stale, sinceMs: ago(20 * i) })),
        facts,
      ).length,
    ).toBe(3);
  });

  test("names each bot that needs somebody exactly once [page/R2]", () => {
    const fleet = fc.uniqueArray(anyBot, { selector: ({ channel }) => channel, maxLength: 30 });
    fc.assert(
      fc.property(fleet, (bots) => {
        const items = attentionOf(bots, facts);
        const named = items.flatMap((item) => item.bots);
        expect(new Set(named).size).toBe(named.length);
        const wanted = bots.filter(
          ({ status, crashLoop, conflict, trouble }) =>
            status === "dead" ||
            status === "stale" ||
            (status === "online" && (crashLoop || conflict !== null || trouble !== null)),
        );
        expect(new Set(named)).toEqual(new Set(wanted));
        expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
        // A bot may be called so itself; its name stands in the title.
        for (const { title, why, bots: those } of items) {
          const unnamed = those.reduce((text, { channel }) => text.replaceAll(channel, ""), title);
          expect(`${unnamed}\n${why}`).not.toMatch(/undefined|NaN|Infinity/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
