import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { browserPath, TestBrowser } from "./browser.js";
import type { BotOnSocket } from "./fleet.js";
import type { Tab } from "./tab.js";

const hostile = `"><img src=x onerror="alert(1)">\u202E`;
const shown = hostile.replace("\u202E", "⟨U+202E⟩");
const section = (name: string) => `section[aria-label="${name}"]`;

function call(bot: BotOnSocket, more: object): void {
  bot.send("llm_usage", { model: "house-xl", feature: "chat", tokens_in: 900, tokens_out: 100, ...more });
}

/** Each row of the table in that section, with one blank between words. */
const rows = async (tab: Tab, name: string) => await tab.texts(`${section(name)} tbody tr`);

describe.skipIf(browserPath === null)("the costs on the page of usage", () => {
  const browser = TestBrowser.forFile();

  test("show each budget with what is spent, the steps that passed, and what is expected, as the monitor counts [cost/C12]", async () => {
    const terms = { channel: null, model: null, feature: null, timezone: "UTC", forecast: true };
    const { url, fleet } = await browser.monitor({
      budgets: [
        { ...terms, name: "fleet", usd: 50, per: "month", each: null, steps: [50, 80, 100] },
        { ...terms, name: "each-bot", usd: 10, per: "day", each: "channel", steps: [50, 100] },
      ],
    });
    const anna = await fleet.guest("twitch/anna");
    const bert = await fleet.guest(`twitch/${hostile}`);
    call(anna, { cost_usd: 26.25 });
    call(bert, { cost_usd: 4 });
    call(bert, {});
    const tab = await browser.open(`${url}#/usage`);
    const spent = (part: string) => expect.stringContaining(part);
    let found: readonly string[] = [];
    await until(
      "all is counted",
      async () => {
        found = await rows(tab, "Budgets");
        return found.length === 3 && found[0]?.includes("$30.25") === true;
      },
      { describe: () => found },
    );
    expect(found).toEqual([
      spent("at least $30.25 of $50.00 (61 %), passed 50 %, cost of 67 % of tokens known"),
      spent("$26.25 of $10.00 (263 %), passed 100 %"),
      spent("at least $4.00 of $10.00 (40 %), cost of 50 % of tokens known"),
    ]);
    const month = new Date().toISOString().slice(0, 7);
    expect(found[0]).toMatch(new RegExp(`^fleet ${month}`));
    expect(found[1]).toMatch(/^each-bot twitch\/anna \d{4}-\d\d-\d\d/);
    expect(found[2]).toContain(shown);
    expect(found[1]).not.toContain("at least");
    const widths = "[...document.querySelectorAll('.gauge .bar')].map((bar) => bar.style.width)";
    expect(await tab.value(widths)).toEqual(["60.5%", "100%", "40%"]);
    expect(await tab.wrongLooks()).toEqual([]);
  });

  test("say of a budget what is not known yet, who was told, that it will not suffice, and how many more there are [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    call(await fleet.guest("twitch/anna"), { cost_usd: 1 });
    const budget = { name: "a", usd: 10, per: "day", period: "2026-11-26", known: true, keys: 12 };
    const steps = [
      { pct: 50, usd: 5, passed: true, told: ["ops"] },
      { pct: 80, usd: 8, passed: false, told: [] },
    ];
    const standing = {
      spent_usd: 6,
      cost_coverage: 1,
      at_least: false,
      steps,
      forecast_told: [hostile, "ops"],
    };
    const budgets = [
      {
        ...budget,
        standings: [
          { ...standing, key: hostile, forecast_usd: 14.5 },
          { ...standing, key: "b", forecast_usd: null, forecast_told: [] },
        ],
      },
      { ...budget, name: "young", known: false, keys: 0, standings: [] },
    ];
    const tab = await browser.open("about:blank");
    await tab.page.route("**/api/v1/budgets?*", (route) => route.fulfill({ json: { budgets } }));
    await tab.page.goto(`${url}#/usage`);
    await tab.page.waitForSelector(section("Budgets"));
    expect(await rows(tab, "Budgets")).toEqual([
      `a ${shown} 2026-11-26$6.00 of $10.00 (60 %), passed 50 %, told ops, ${shown}$14.50`,
      "a b 2026-11-26$6.00 of $10.00 (60 %), passed 50 %, told ops–",
      "a 2026-11-26and 10 more",
      "young 2026-11-26What was spent so far is being added up.",
    ]);
    expect(await tab.texts(`${section("Budgets")} td.bad`)).toEqual(["$14.50"]);
    expect(await tab.wrongLooks()).toEqual([]);
    expect(await tab.value("document.images.length")).toBe(0);
  });

  test("name the models without a price, why, and the lines that settle each, to be copied [page/R7] [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.guest("twitch/anna");
    call(bot, { cost_usd: 1 });
    const calls = `model: ${JSON.stringify(hostile)}, provider: ${JSON.stringify(hostile)}`;
    const unpriced = [
      {
        model: hostile,
        provider: hostile,
        reason: "unknown_provider",
        why: "the table of prices has no such provider",
        settle: `- { ${calls}, input: DOLLARS, output: DOLLARS }`,
        tokens: 3_100_000,
      },
      {
        model: "llama3:8b",
        provider: "ollama",
        reason: "local",
        why: "it runs on a machine of your own; say so with a price of 0 in the config",
        settle: '- { model: "llama3:8b", provider: "ollama", input: 0, output: 0 }',
        tokens: 12,
      },
      { model: "gpt-4o", provider: null, reason: null, why: null, settle: null, tokens: 1 },
    ];
    const tab = await browser.open("about:blank", { permissions: ["clipboard-read", "clipboard-write"] });
    await tab.page.route("**/api/v1/llm-usage?*", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), unpriced } });
    });
    await tab.page.goto(`${url}#/usage`);
    const name = "Without a price";
    await tab.page.waitForSelector(section(name));
    expect(await rows(tab, name)).toEqual([
      `${shown} of ${shown}the table of prices has no such provider3,100,000`,
      "llama3:8b of ollamait runs on a machine of your own; say so with a price of 0 in the config12",
      "gpt-4oit has a price now, but had none at its calls1",
    ]);
    await tab.page.click(".command button");
    await tab.page.waitForSelector(".command >> text=Copied");
    const copied = await tab.value("navigator.clipboard.readText()");
    const quoted = JSON.stringify(hostile).replace("\u202E", "\\u202E");
    expect(copied.split("\n")).toEqual([
      "prices:",
      `  - { model: ${quoted}, provider: ${quoted}, input: DOLLARS, output: DOLLARS }`,
      '  - { model: "llama3:8b", provider: "ollama", input: 0, output: 0 }',
      "",
    ]);
    expect(parse(copied).prices[0].model).toBe(hostile);
    expect(await tab.value("document.images.length")).toBe(0);
    expect(await tab.wrongLooks()).toEqual([]);
  });
});
