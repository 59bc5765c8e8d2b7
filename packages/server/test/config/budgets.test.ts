import { describe, expect, test } from "vitest";
import { problemsOf, resolve } from "./resolved.js";

/** A file whose section of budgets has these entries. */
const file = (...entries: readonly string[]) =>
  `monitoring:\n  timezone: Europe/Berlin\n  budgets:\n${entries.map((entry) => `    - ${entry}\n`).join("")}`;

const budgetsOf = (...entries: readonly string[]) => resolve({}, {}, file(...entries)).settings.budgets;
const faults = (...entries: readonly string[]) => problemsOf({}, {}, file(...entries));
const whole = "name: a, usd: 1, per: day";

describe("the section budgets", () => {
  test("may be absent or empty, and holds how much may be spent, of what and when", () => {
    expect(resolve({}, {}, "monitoring:\n  name: a\n").settings.budgets).toEqual([]);
    expect(resolve({}, {}, "monitoring:\n  budgets:\n").settings.budgets).toEqual([]);
    expect(
      budgetsOf(
        "{ name: fleet, usd: 50, per: month }",
        '{ name: bot, usd: 0.5, per: day, each: channel, channel: "twitch/*", model: [gpt-4o*, o3], feature: chat, steps: [100, 90], forecast: no, timezone: Asia/Kolkata }',
      ),
    ).toEqual([
      {
        name: "fleet",
        usd: 50,
        per: "month",
        timezone: "Europe/Berlin",
        each: null,
        channel: null,
        model: null,
        feature: null,
        steps: [50, 80, 100],
        forecast: true,
      },
      {
        name: "bot",
        usd: 0.5,
        per: "day",
        timezone: "Asia/Kolkata",
        each: "channel",
        channel: ["twitch/*"],
        model: ["gpt-4o*", "o3"],
        feature: ["chat"],
        steps: [90, 100],
        forecast: false,
      },
    ]);
  });

  test("takes the zone of --timezone where it names none", () => {
    const { settings } = resolve({ timezone: "America/New_York" }, {}, file(`{ ${whole} }`));
    expect(settings.budgets[0]?.timezone).toBe("America/New_York");
  });

  test.each([
    ["{ usd: 1, per: day }", /\[0\]: expected the key name/],
    ["{ name: a, per: day }", /\[0\]: expected the key usd/],
    ["{ name: a, usd: 1 }", /\[0\]: expected the key per/],
    [
      "{ name: a b, usd: 1, per: day }",
      /\[0\]\.name: expected a name of letters, digits, _ \. and -; got "a b"/,
    ],
    ["{ name: a, usd: 0, per: day }", /\[0\]\.usd: expected a number above 0 and up to 1000000000; got "0"/],
    ["{ name: a, usd: -1, per: day }", /\[0\]\.usd: expected a number above 0/],
    ["{ name: a, usd: $5, per: day }", /\[0\]\.usd: expected a number above 0 .*; got "\$5"/],
    ["{ name: a, usd: 1, per: year }", /\[0\]\.per: expected one of day, week, month; got "year"/],
    ["{ name: a, usd: 1, per: mounth }", /did you mean month\?/],
    [`{ ${whole}, each: bot }`, /\[0\]\.each: expected one of channel, model, feature; got "bot"/],
    [
      `{ ${whole}, timezone: Berlin }`,
      /\[0\]\.timezone: expected a time zone such as Europe\/Berlin; got "Berlin"/,
    ],
    [`{ ${whole}, steps: [0] }`, /\[0\]\.steps\[0\]: expected a whole number from 1 to 1000; got "0"/],
    [`{ ${whole}, steps: [50.5] }`, /\[0\]\.steps\[0\]: expected a whole number from 1 to 1000/],
    [`{ ${whole}, steps: [] }`, /\[0\]\.steps: expected 1 to 20 values; got 0/],
    [`{ ${whole}, steps: [80, 80] }`, /\[0\]\.steps: expected each step once; got 80 twice/],
    [`{ ${whole}, forecast: maybe }`, /\[0\]\.forecast: expected true or false; got "maybe"/],
    [`{ ${whole}, channel: "a b" }`, /\[0\]\.channel: expected a channel, in which \* stands for any text/],
    [`{ ${whole}, stepps: [50] }`, /did you mean steps\?/],
    ["fleet", /\[0\]: expected a mapping/],
  ])("tells of %s its line and column, its path and what was expected [cost/C11]", (entry, fault) => {
    const found = faults(entry);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^kb\.yaml:4:\d+ monitoring\.budgets/);
    expect(found[0]).toMatch(fault);
  });

  test("refuses a second budget of one name, at that name", () => {
    expect(faults(`{ ${whole} }`, "{ name: b, usd: 1, per: day }", `{ ${whole} }`)).toEqual([
      'kb.yaml:6:9 monitoring.budgets[2].name: expected a name of its own; "a" is that of monitoring.budgets[0]',
    ]);
  });
});
