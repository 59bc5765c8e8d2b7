import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filterFrom } from "../../page/fleet/bot-query.js";
import { groupsOf, platformOf } from "../../page/fleet/grouping.js";
import { RowOrder } from "../../page/fleet/row-order.js";
import { rowRanges } from "../../page/fleet/row-window.js";
import { hashOf, homeRoute, routeFrom } from "../../page/frame/route.js";
import { anyBot, bot } from "./bots.js";

describe("the route in the hash", () => {
  test("comes back from its URL, whatever is in it [page/R9]", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    const route = fc.record({
      query: text,
      status: text,
      group: text,
      sort: text,
      range: text,
      by: text,
      zone: text,
    });
    const place = fc.oneof(
      fc.constantFrom("fleet", "events", "usage", "monitor").map((page) => ({ page, channel: "" })),
      text.filter((channel) => channel !== "").map((channel) => ({ page: "bot", channel })),
    );
    fc.assert(
      fc.property(route, place, (fields, where) => {
        const wanted = { ...homeRoute, ...fields, ...where } as typeof homeRoute;
        const hash = hashOf(wanted);
        expect(routeFrom(hash)).toEqual(wanted);
        // A browser may put the URL into its own form.
        expect(routeFrom(new URL(hash, "http://host/path/").hash)).toEqual(wanted);
      }),
    );
  });

  test("leaves out what is the default, and ignores what it does not know [page/R9]", () => {
    expect(hashOf({})).toBe("#/");
    expect(routeFrom("")).toEqual(homeRoute);
    expect(routeFrom("#/?theme=9&__proto__=x&q=a&q=b")).toEqual({ ...homeRoute, query: "a" });
    expect(routeFrom("#/nowhere/at/all?status=dead")).toEqual({ ...homeRoute, status: "dead" });
    expect(routeFrom("#/bots/%E0%A4%A")).toEqual(homeRoute);
    expect(routeFrom(`#/?q=${"x".repeat(2_000)}`)).toEqual(homeRoute);
  });
});

describe("the search", () => {
  const fleet = [
    bot({ channel: "twitch/Anna", version: "1.4.2", features: { weather: true, chat: false }, cpuPct: 80 }),
    bot({ channel: "discord/anna", status: "dead", version: "1.3.9", restarts: 4 }),
    bot({ channel: "matrix/two words", conflict: { pid: 3, sinceMs: null }, rssMb: 300, pid: 12 }),
    bot({ channel: "constructor", crashLoop: true }),
  ];
  const found = (query: string) => fleet.filter(filterFrom(query)).map(({ channel }) => channel);

  test.each([
    ["", ["twitch/Anna", "discord/anna", "matrix/two words", "constructor"]],
    ["ANNA", ["twitch/Anna", "discord/anna"]],
    ["anna twitch", ["twitch/Anna"]],
    ['"two words"', ["matrix/two words"]],
    ["status:dead", ["discord/anna"]],
    ["status:crash-loop", ["constructor"]],
    ['status:"claimed twice"', ["matrix/two words"]],
    ["-status:online anna", ["discord/anna"]],
    ["version:1.4", ["twitch/Anna"]],
    ["feature:weather", ["twitch/Anna"]],
    ["feature:chat", []],
    ["cpu>50", ["twitch/Anna"]],
    ["cpu<=80", ["twitch/Anna"]],
    ["mb>=300", ["matrix/two words"]],
    ["restarts>3", ["discord/anna"]],
    ["pid:12", ["matrix/two words"]],
    ["pid=12", ["matrix/two words"]],
    ["constructor:x", []],
    ["constructor", ["constructor"]],
    ["status:", []],
    ["-", []],
  ])("finds by %j what it says [page/R9]", (query, channels) => {
    expect(found(query)).toEqual(channels);
  });

  test("takes any text, and what it wants not is the rest [page/R9]", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(anyBot, { maxLength: 5 }), (query, bots) => {
        const filter = filterFrom(query);
        expect(bots.map(filter)).toEqual(bots.map(filter));
        if (!/^[^\s"-]+$/.test(query)) return;
        const opposite = filterFrom(`-${query}`);
        for (const one of bots) expect(opposite(one)).toBe(!filter(one));
      }),
    );
  });
});

describe("groups", () => {
  test.each([
    ["twitch/anna", "twitch"],
    ["discord_x", "discord"],
    ["a:b:c", "a"],
    ["#channel", ""],
    ["alone", ""],
    ["ends/", ""],
  ])("take %j for a bot of %j [page/R9]", (channel, platform) => {
    expect(platformOf(channel)).toBe(platform);
  });

  test("hold every bot, those of several features in each, and count who is down [page/R4]", () => {
    const bots = [
      bot({ channel: "t/1", status: "dead", features: { a: true, b: true } }),
      bot({ channel: "t/2", features: { b: true, c: false } }),
      bot({ channel: "3" }),
    ];
    const told = (by: "feature" | "platform" | "status" | "version") =>
      groupsOf(bots, by).map(({ name, bots: members, down }) => [name, members.length, down]);
    expect(told("feature")).toEqual([
      ["a", 1, 1],
      ["b", 2, 1],
      ["", 1, 0],
    ]);
    expect(told("platform")).toEqual([
      ["t", 2, 1],
      ["", 1, 0],
    ]);
    expect(told("status")).toEqual([
      ["dead", 1, 1],
      ["online", 2, 0],
    ]);
    expect(told("version")).toEqual([["", 3, 1]]);
  });
});

describe("the rows", () => {
  const always = () => true;

  test("stand still while they are held, and take the new order when they are left [page/R10]", () => {
    const order = new RowOrder();
    expect(order.next("view", ["a", "b", "c"], false, always)).toEqual(["a", "b", "c"]);
    expect(order.next("view", ["c", "a", "d"], true, always)).toEqual(["a", "b", "c"]);
    expect(order.differs(["c", "a", "d"])).toBe(true);
    // What exists no more cannot stay.
    expect(order.next("view", ["c", "d"], true, (key) => key !== "a")).toEqual(["b", "c"]);
    expect(order.next("view", ["c", "a", "d"], false, always)).toEqual(["c", "a", "d"]);
    expect(order.differs(["c", "a", "d"])).toBe(false);
  });

  test("take another filter or order at once, also while they are held [page/R10]", () => {
    const order = new RowOrder();
    order.next("view", ["a", "b"], false, always);
    expect(order.next("other", ["b"], true, always)).toEqual(["b"]);
  });

  test("are there where they are seen, with the one that has the focus, each once [page/R31]", () => {
    const view = fc.record({
      count: fc.nat({ max: 10_000 }),
      rowHeight: fc.constantFrom(32, 64),
      topPx: fc.integer({ min: -2_000, max: 400_000 }),
      heightPx: fc.integer({ min: 0, max: 3_000 }),
      kept: fc.option(fc.integer({ min: -1, max: 10_000 }), { nil: null }),
    });
    fc.assert(
      fc.property(view, (one) => {
        const rows = rowRanges(one).flatMap(({ from, to }) =>
          Array.from({ length: to - from }, (_, i) => from + i),
        );
        expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
        expect(rows.length).toBeLessThanOrEqual(one.heightPx / one.rowHeight + 16);
        for (const row of rows) expect(row >= 0 && row < one.count).toBe(true);
        const first = Math.max(0, Math.floor(one.topPx / one.rowHeight));
        const last = Math.min(one.count, Math.ceil((one.topPx + one.heightPx) / one.rowHeight));
        for (let row = first; row < last; row++) expect(rows).toContain(row);
        if (one.kept !== null && one.kept >= 0 && one.kept < one.count) expect(rows).toContain(one.kept);
      }),
    );
  });
});
