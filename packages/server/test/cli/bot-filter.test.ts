import { array, constantFrom, property, assert as propertyAssert } from "fast-check";
import { expect, test } from "vitest";
import { BotFilter } from "../../src/cli/bot-filter.js";
import { botOrder } from "../../src/cli/bot-order.js";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { isLike } from "../../src/pattern.js";
import { bot, nowMs } from "./bot.js";

test.each([
  ["twitch/main", "twitch/main", true],
  ["twitch/main", "twitch/*", true],
  ["twitch/a/b", "twitch/*", true],
  ["twitch/main", "*main", true],
  ["twitch/main", "t*/*n", true],
  ["twitch/main", "*", true],
  ["twitch/main", "twitch", false],
  ["twitch/main", "twitch/main*main", false],
  ["twitch/main", "Twitch/*", false],
  ["a*b", "a*b", true],
  ["a.b", "a.b", true],
  ["axb", "a.b", false],
  ["", "*", true],
  ["aba", "ab*ba", false],
])("%j under the pattern %j: %s [trial/O10]", (channel, pattern, expected) => {
  expect(isLike(channel, pattern)).toBe(expected);
});

test("a pattern means what the same regular expression does", async () => {
  const text = array(constantFrom("a", "b", "/"), { maxLength: 8 }).map((letters) => letters.join(""));
  const pattern = array(constantFrom("a", "b", "*"), { maxLength: 6 }).map((letters) => letters.join(""));
  await propertyAssert(
    property(text, pattern, (channel, stars) => {
      const expected = new RegExp(`^${stars.replaceAll("*", ".*")}$`).test(channel);
      expect(isLike(channel, stars)).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
});

const fleet = [
  bot("twitch/2", { status: "dead", cpu_pct: null, rss_mb: null, restarts: 3 }),
  bot("twitch/10", {
    cpu_pct: 50,
    rss_mb: 10,
    restarts: 1,
    trouble: "deaf",
    trouble_since: timestampFromMs(nowMs),
  }),
  bot("discord/1", { cpu_pct: 1, rss_mb: 500, conflict: { pid: 7, since: timestampFromMs(nowMs - 5_000) } }),
  bot("looping", { crash_loop: true, cpu_pct: 2, restarts: 40, status: "dead" }),
  bot("away", { status: "offline", last_seen: timestampFromMs(nowMs - 99_000), cpu_pct: null }),
];

const chosen = (options: Record<string, unknown>) =>
  fleet.filter((one) => new BotFilter(options).matches(one)).map(({ channel }) => channel);

test.each([
  ["dead", ["twitch/2", "looping"]],
  ["offline,dead", ["twitch/2", "looping", "away"]],
  ["crash_loop", ["looping"]],
  ["conflict", ["discord/1"]],
  ["trouble", ["twitch/10"]],
  ["online", ["twitch/10", "discord/1"]],
  ["trouble, conflict", ["twitch/10", "discord/1"]],
  ["stale", []],
])("--status %s chooses those [trial/O10]", (status, channels) => {
  expect(chosen({ status })).toEqual(channels);
});

test("where no bot has the status, that is said, and of no empty fleet [trial/O10]", () => {
  const note = "--status conflict,crash_loop: there is no such bot now";
  expect(new BotFilter({ status: "conflict,crash_loop" }).notes([bot("calm")])).toEqual([note]);
  expect(new BotFilter({ status: "online" }).notes([])).toEqual([]);
  expect(new BotFilter({ status: "dead", channel: ["twitch/10"] }).notes(fleet)).toEqual([
    "--status dead: there is no such bot now",
  ]);
  expect(new BotFilter({ status: "dead", channel: ["twitch/3"] }).notes(fleet)).toHaveLength(1);
});

test("several channels add up, and each status and channel must both be met [trial/O10]", () => {
  expect(chosen({ channel: ["twitch/*", "away"] })).toEqual(["twitch/2", "twitch/10", "away"]);
  expect(chosen({ channel: ["twitch/*", "away"], status: "dead,offline" })).toEqual(["twitch/2", "away"]);
  expect(new BotFilter({ channel: ["twitch/3", "away"] }).notes(fleet)).toEqual([
    '--channel "twitch/3": there is no such bot; did you mean "twitch/2"?',
  ]);
});

test("--label chooses by the labels of the config file, all of those that are given", () => {
  const labelled = [
    bot("a", { labels: { team: "streams", tier: "gold" } }),
    bot("b", { labels: { team: "streams" } }),
    bot("c", { labels: { team: "str=ange" } }),
    bot("d"),
  ];
  const { labels: _, ...older } = bot("of an earlier version");
  const chosenBy = (...label: readonly string[]) =>
    [...labelled, older].filter((one) => new BotFilter({ label }).matches(one)).map(({ channel }) => channel);
  expect(chosenBy("team=streams")).toEqual(["a", "b"]);
  expect(chosenBy("team=str*")).toEqual(["a", "b", "c"]);
  expect(chosenBy("team=str=ange")).toEqual(["c"]);
  expect(chosenBy("team")).toEqual(["a", "b", "c"]);
  expect(chosenBy("team=streams", "tier")).toEqual(["a"]);
  expect(chosenBy("constructor")).toEqual([]);
  expect(chosenBy("team=")).toEqual([]);
  expect(() => new BotFilter({ label: ["=a"] })).toThrow(/--label: expected NAME=VALUE or NAME/);
  expect(new BotFilter({ label: ["team=x"] }).notes(labelled)).toEqual([
    expect.stringMatching(/^--label "team=x": there is no such bot; labels are given in the config file/),
  ]);
  expect(new BotFilter({ label: ["tier"], status: "dead" }).notes(labelled)).toEqual([
    '--status dead --label "tier": there is no such bot now',
  ]);
});

test.each([
  ["worst", ["looping", "twitch/2", "discord/1", "twitch/10", "away"]],
  ["-worst", ["away", "twitch/10", "discord/1", "twitch/2", "looping"]],
  ["channel", ["away", "discord/1", "looping", "twitch/2", "twitch/10"]],
  ["-channel", ["twitch/10", "twitch/2", "looping", "discord/1", "away"]],
  ["cpu", ["twitch/10", "looping", "discord/1", "twitch/2", "away"]],
  // What is not known comes last, either way.
  ["-cpu", ["discord/1", "looping", "twitch/10", "twitch/2", "away"]],
  ["memory", ["discord/1", "looping", "away", "twitch/10", "twitch/2"]],
  ["restarts", ["looping", "twitch/2", "twitch/10", "discord/1", "away"]],
  ["last_seen", ["looping", "twitch/2", "discord/1", "twitch/10", "away"]],
  ["-last-seen", ["away", "looping", "twitch/2", "discord/1", "twitch/10"]],
  ["since", ["twitch/10", "discord/1", "looping", "twitch/2", "away"]],
])("--sort %s [trial/O10]", (sort, channels) => {
  expect(botOrder({ sort })(fleet).map(({ channel }) => channel)).toEqual(channels);
});

test("--reverse turns any order round [trial/O10]", () => {
  for (const key of ["worst", "channel", "cpu"]) {
    expect(botOrder({ sort: key, reverse: true })(fleet)).toEqual(botOrder({ sort: `-${key}` })(fleet));
  }
});

test("a key or a status that is none is told what there is [trial/O10]", () => {
  expect(() => botOrder({ sort: "memry" })).toThrow(
    /--sort: expected one of worst, status, channel, .*; got "memry"; did you mean memory\?/,
  );
  expect(() => new BotFilter({ status: "dead,crashloop" })).toThrow(
    /--status: expected some of .*crash_loop.*; did you mean crash_loop\?/,
  );
});
