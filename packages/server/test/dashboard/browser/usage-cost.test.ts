import axe from "axe-core";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { browserPath, TestBrowser } from "./browser.js";
import type { BotOnSocket } from "./fleet.js";
import type { Tab } from "./tab.js";

const hostile = `"><img src=x onerror="alert(1)">\u202E`;
const shown = hostile.replace("\u202E", "⟨U+202E⟩");
const section = (name: string) => `section[aria-label="${name}"]`;

/** In both schemes, on a desk and on a phone. */
async function looksRight(tab: Tab): Promise<void> {
  for (const width of [1_280, 360]) {
    await tab.page.setViewportSize({ width, height: 800 });
    expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    for (const colorScheme of ["light", "dark"] as const) {
      await tab.page.emulateMedia({ colorScheme });
      await tab.page.evaluate(axe.source);
      const found = "axe.run().then(({ violations }) => violations.map(({ id }) => id))";
      expect(await tab.value(found), `${width} px, ${colorScheme}`).toEqual([]);
    }
  }
}

function call(bot: BotOnSocket, more: object): void {
  bot.send("llm_usage", { model: "house-xl", feature: "chat", tokens_in: 900, tokens_out: 100, ...more });
}

/** Each row of the table in that section, with one blank between words. */
const rows = async (tab: Tab, name: string) => await tab.texts(`${section(name)} tbody tr`);

describe.skipIf(browserPath === null)("the costs on the page of usage", () => {
  const browser = TestBrowser.forFile();

  test("name the models without a price, why, and the lines that settle each, to be copied [page/R7] [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.guest("twitch/anna");
    call(bot, { cost_usd: 1 });
    const unpriced = [
      { model: hostile, provider: hostile, reason: "unknown_provider", tokens: 3_100_000 },
      { model: "llama3:8b", provider: "ollama", reason: "local", tokens: 12 },
      { model: "gpt-4o", provider: null, reason: null, tokens: 1 },
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
    await looksRight(tab);
  });
});
