import { until } from "@kissbot/testkit";
import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { TestFleet } from "./fleet.js";
import { hostileNames } from "./hostile-names.js";
import type { Tab } from "./tab.js";

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** Waits until an expression in the document has this value. */
async function shows(tab: Tab, expression: string, wanted: unknown): Promise<void> {
  let found: unknown;
  await until(
    `${expression} is ${JSON.stringify(wanted)}`,
    async () => {
      found = await tab.value(expression);
      return JSON.stringify(found) === JSON.stringify(wanted);
    },
    { describe: () => found },
  );
}

const headline = 'document.querySelector("h1")?.textContent';
const namesOf = (selector: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.textContent.trim())`;
const tableNames = namesOf("tr.bot .col-channel");
const listed = namesOf(".item .name");

/**
 * 212 bots: 2 dead, 1 stale, 1 claimed twice, 4 offline, 204 online. The second that dies is
 * returned last.
 */
async function troubledFleet(fleet: TestFleet): Promise<void> {
  const channels = Array.from({ length: 204 }, (_, i) => `${["twitch", "discord"][i % 2]}/bot${i}`);
  await fleet.online(channels, { version: "1.4.2", features: { chat: true } });
  for (let i = 0; i < 4; i++) (await fleet.guest(`matrix/left${i}`)).send("unregister");
  const stale = await fleet.guest("matrix/silent", { interval_s: 0.1 });
  expect(stale.pid).toBeGreaterThan(0);
  const claimed = await fleet.bot("matrix/claimed");
  const first = await fleet.bot("twitch/first");
  const second = await fleet.bot("discord/second");
  await fleet.seen(3);
  await first.die();
  await fleet.until({ dead: 1 });
  await second.die();
  await fleet.rival(claimed);
  await fleet.until({ dead: 2, stale: 1, offline: 4, online: 205 });
}

describe.skipIf(browserPath === null)("the page of the fleet", () => {
  const browser = TestBrowser.forFile();

  test("says what is down in headline, title and icon, and lists it first, in view, on a desk and on a phone [page/R1] [page/R4] [page/R5]", async () => {
    const { url, fleet, running } = await browser.monitor({ staleTimeoutMs: 1_000 });
    await troubledFleet(fleet);
    const desk = await browser.open(url);
    const sentence = "3 of 212 bots are down; 1 channel is claimed twice";
    await shows(desk, headline, sentence);
    expect(await desk.page.title()).toBe(`(4) ${sentence} · monitor of a test`);
    const icon: string = await desk.value('document.querySelector("link[rel=icon]").href');
    expect(decodeURIComponent(icon)).toContain(">4</text>");
    await shows(desk, listed, ["discord/second", "twitch/first", "matrix/silent", "matrix/claimed"]);
    expect(await desk.texts(".item .condition")).toEqual(["dead", "dead", "stale", "claimed twice"]);
    const reasons = await desk.texts(".item .why");
    expect(reasons[0]).toMatch(/^Process \d+ is gone\. It had lived (less than )?\d/);
    expect(reasons[2]).toMatch(/^No heartbeat for \d+ s, though process \d+ lives/);
    expect(reasons[3]).toMatch(/^Processes \d+ and \d+ both report as this bot, since \d\d:\d\d:\d\d\.$/);

    const handy = await browser.open(url, phone);
    await shows(handy, headline, sentence);
    await shows(handy, listed, await desk.value(listed));
    for (const tab of [desk, handy]) {
      const bottoms =
        '[...document.querySelectorAll(".item")].map((one) => one.getBoundingClientRect().bottom <= innerHeight)';
      const inView = await tab.value(bottoms);
      // On a phone the first ones are; on a desk all four.
      expect(inView.slice(0, tab === desk ? 4 : 2)).not.toContain(false);
    }

    // Each count is a link to exactly that many bots.
    const counts: (readonly [string, number])[] = await desk.value(
      '[...document.querySelectorAll(".count")].map((one) => [one.getAttribute("href"), Number(one.querySelector("b").textContent)])',
    );
    expect(counts.map(([, count]) => count)).toEqual([2, 1, 1, 4, 204]);
    for (const [href, count] of counts) {
      await desk.page.click(`.count[href="${href}"]`);
      await shows(desk, 'Number(document.querySelector("table").getAttribute("aria-rowcount")) - 1', count);
      await desk.page.click(".count[aria-current]");
    }

    // The table is what the API tells.
    const { bots } = await running.get("/api/v1/bots?order_by=worst");
    const top = await desk.value(tableNames);
    expect(top.slice(0, 9)).toEqual(bots.slice(0, 9).map(({ channel }: { channel: string }) => channel));
  });

  test("shows a kill -9 without a reload, and leaves the bot out of the list when it is back [page/R3]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.bot("twitch/anna");
    await fleet.seen(1);
    const tab = await browser.open(url);
    await shows(tab, headline, "1 bot is up");
    await tab.value("(window.mark = 1)");
    await bot.die();
    await fleet.until({ dead: 1 });
    const told = performance.now();
    await shows(tab, listed, ["twitch/anna"]);
    // The monitor's transition was before `told`; what is left is the way to the page, and this
    // machine's load.
    expect(performance.now() - told).toBeLessThan(10_000);
    await fleet.bot("twitch/anna");
    await shows(tab, headline, "1 bot is up");
    await shows(tab, listed, []);
    expect(await tab.text("tr.bot .col-restarts")).toBe("1 / 1");
    expect(await tab.value("window.mark")).toBe(1);
  });

  test("says how to send a first heartbeat, and turns into the fleet with it [page/R8]", async () => {
    const { url, fleet, place } = await browser.monitor();
    const tab = await browser.open(url, { permissions: ["clipboard-read", "clipboard-write"] });
    await shows(tab, headline, "No bot has reported yet");
    expect(await tab.text(".empty")).toContain(place.socketPath);
    await tab.page.click(".command:nth-of-type(3) button");
    await shows(tab, namesOf(".command:nth-of-type(3) button"), ["Copied"]);
    const copied: string = await tab.value("navigator.clipboard.readText()");
    expect(copied).toContain("import json, os, socket");
    await fleet.runPython(copied);
    await shows(tab, headline, "1 bot is up");
    await shows(tab, tableNames, ["demo"]);
  });

  test("keeps filter, order and groups in the URL, through back, forward and a new browser [page/R9]", async () => {
    const { url, fleet } = await browser.monitor();
    await fleet.online(["twitch/b", "twitch/a", "discord/a"], { version: "2" });
    const tab = await browser.open(url);
    await shows(tab, tableNames, ["discord/a", "twitch/a", "twitch/b"]);
    await tab.page.fill("#search", "twitch");
    await shows(tab, tableNames, ["twitch/a", "twitch/b"]);
    await tab.page.selectOption(".tools select >> nth=0", "version");
    await shows(tab, namesOf("tr.group"), ["2 2"]);
    await tab.page.selectOption(".tools select >> nth=1", "channel");
    const copied = await tab.value("location.href");
    expect(copied).toBe(`${url}#/?q=twitch&group=version&sort=channel`);
    const other = await browser.open(copied);
    await shows(other, tableNames, ["twitch/a", "twitch/b"]);
    expect(await other.page.inputValue("#search")).toBe("twitch");
    await shows(other, namesOf("tr.group"), ["2 2"]);
    expect(await other.value('document.querySelector("th[aria-sort]").textContent')).toBe("channel");
    await tab.page.goBack();
    await tab.page.goBack();
    await shows(tab, namesOf("tr.group"), []);
    await tab.page.goForward();
    await shows(tab, namesOf("tr.group"), ["2 2"]);
    const odd = await browser.open(`${url}#/?nothing=1&sort=sideways&group=__proto__`);
    await shows(odd, tableNames, ["discord/a", "twitch/a", "twitch/b"]);
    await odd.page.fill("#search", "nobody");
    await odd.page.click("text=Show all 3 bots");
    await shows(odd, tableNames, ["discord/a", "twitch/a", "twitch/b"]);
  });

  test("moves no row while the pointer or the focus is in the table, until it is left or `r` is pressed [page/R10] [page/R13]", async () => {
    const { url, fleet } = await browser.monitor();
    const bots = [await fleet.bot("a"), await fleet.bot("b"), await fleet.bot("c")];
    await fleet.seen(3);
    const tab = await browser.open(url);
    await shows(tab, tableNames, ["a", "b", "c"]);
    await tab.page.hover("tr.bot");
    await bots[2]?.die();
    await tab.page.waitForSelector("tr.bot:nth-of-type(3) .is-dead");
    expect(await tab.value(tableNames)).toEqual(["a", "b", "c"]);
    await tab.page.waitForSelector(".reorder");
    await tab.page.keyboard.press("r");
    await shows(tab, tableNames, ["c", "a", "b"]);
    // The same with the focus, by keys alone; leaving applies it.
    await tab.page.mouse.move(2, 2);
    await tab.page.keyboard.press("j");
    await tab.page.keyboard.press("j");
    const focused = "document.activeElement.textContent";
    await shows(tab, focused, "a");
    await tab.page.keyboard.press("ArrowDown");
    await shows(tab, focused, "b");
    await bots[1]?.die();
    await tab.page.waitForSelector(".reorder");
    expect(await tab.value(tableNames)).toEqual(["c", "a", "b"]);
    await shows(tab, focused, "b");
    await tab.page.keyboard.press("/");
    await shows(tab, tableNames, ["b", "c", "a"]);
    await shows(tab, "document.activeElement.id", "search");
    await tab.page.keyboard.type("c");
    await shows(tab, tableNames, ["c"]);
    await tab.page.keyboard.press("Escape");
    await tab.page.keyboard.press("Escape");
    await tab.page.keyboard.press("1");
    await shows(tab, tableNames, ["b", "c"]);
    await tab.page.keyboard.press("0");
    await shows(tab, tableNames, ["b", "c", "a"]);
    await tab.page.keyboard.press("?");
    await tab.page.waitForSelector("dialog[open]");
    await tab.page.keyboard.press("Escape");
    await tab.page.waitForSelector("dialog:not([open])", { state: "attached" });
  });

  test("keeps scheme and zone over a reload, and takes no age from the browser's clock [page/R11]", async () => {
    const { url, fleet } = await browser.monitor();
    await fleet.online(["a"]);
    const context = await browser.context();
    await context.addInitScript({
      content: "const now = Date.now.bind(Date); Date.now = () => now() + 3_600_000;",
    });
    const tab = await browser.tab(context, url);
    await shows(tab, tableNames, ["a"]);
    const age = await tab.text("tr.bot .age");
    expect(age).toMatch(/^\d+ s$/);
    await tab.page.selectOption('select[aria-label="Theme"]', "dark");
    await tab.page.selectOption('select[aria-label="Time zone"]', "UTC");
    const ground = "getComputedStyle(document.body).backgroundColor";
    await shows(tab, ground, "rgb(14, 17, 22)");
    await tab.page.goto("about:blank");
    await tab.page.goto(url);
    await shows(tab, ground, "rgb(14, 17, 22)");
    await shows(tab, 'document.querySelector("select[aria-label=\\"Time zone\\"]").value', "UTC");
    await shows(tab, '/\\+00:00$/.test(document.querySelector("tr.bot .age").title)', true);
  });

  test("has no more elements with 5,000 bots, and changes nothing for one that is not seen [page/R14] [page/R31]", async () => {
    // Nobody measures: a row changes only with what the test sends.
    const { url, fleet } = await browser.monitor({ metricsIntervalMs: 3_600_000 });
    await fleet.online(Array.from({ length: 5_000 }, (_, i) => `twitch/bot${String(i).padStart(4, "0")}`));
    const unseen = await fleet.guest("twitch/zzz");
    const seen = await fleet.guest("twitch/aaa");
    const tab = await browser.open(url);
    await shows(tab, headline, "All 5,002 bots are up");
    expect(await tab.value('document.querySelectorAll("*").length')).toBeLessThan(3_000);
    expect(await tab.value('document.querySelector("table").getAttribute("aria-rowcount")')).toBe("5003");
    const last = '[...document.querySelectorAll("tr.bot")].at(-1)';
    const lastName = `${last}.querySelector(".col-channel").textContent`;
    expect(await tab.value(lastName)).not.toBe("twitch/zzz");
    // Ages count up by themselves.
    await tab.value(`(window.changes = [], new MutationObserver((list) => {
      for (const { target } of list) {
        const element = target instanceof Element ? target : target.parentElement;
        if (element?.closest("time") === null) window.changes.push(element.outerHTML);
      }
    }).observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true, characterData: true }), 0)`);
    const version = "a version that only the record shows";
    unseen.send("register", { interval_s: 3_600, version });
    await fleet.has("twitch/zzz", (bot) => bot["version"] === version);
    // A later event of the stream is there: the earlier one was too.
    seen.send("heartbeat", { interval_s: 3_600 });
    const heard = (channel: string) =>
      `document.querySelector("tr.bot a[href$=${channel}]").closest("tr").querySelector("time").dateTime`;
    await shows(tab, `${heard("aaa")} > ${heard("bot0001")}`, true);
    expect(await tab.value("window.changes")).toEqual([]);
    seen.send("heartbeat", { interval_s: 3_600, trouble: "now something is to be seen" });
    await shows(tab, listed, ["twitch/aaa"]);
    expect((await tab.value("window.changes")).length).toBeGreaterThan(0);
    await tab.page.keyboard.press("End");
    await shows(tab, lastName, "twitch/zzz");
    await shows(tab, `${last}.getAttribute("aria-rowindex")`, "5003");
    expect(await tab.value('document.querySelectorAll("*").length')).toBeLessThan(3_000);
  });

  test("shows hostile names as text, in the list, the table, the title and the URL [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    const names = [...hostileNames, "x".repeat(128)];
    for (const name of names) {
      const bot = await fleet.guest(name, { version: name, features: { [name]: true } });
      bot.send("heartbeat", { trouble: name, interval_s: 3_600 });
    }
    // High enough for every row.
    const tab = await browser.open(url, { viewport: { width: 1280, height: 3_000 } });
    await shows(tab, headline, `${names.length} bots are in trouble`);
    await tab.page.selectOption(".tools select >> nth=0", "feature");
    await tab.page.waitForSelector("tr.group");
    const marked = names.map((name) =>
      name.replaceAll("\u202E", "⟨U+202E⟩").replaceAll("\u200B", "⟨U+200B⟩"),
    );
    await shows(tab, `${tableNames}.sort()`, marked.sort());
    await tab.page.click("text=/and \\d+ more/");
    await shows(tab, "document.querySelectorAll('.item').length", names.length);
    expect(await tab.value("document.images.length + document.querySelectorAll('script').length")).toBe(1);
    expect(await tab.value("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const links: string[] = await tab.value(
      '[...document.querySelectorAll("main a")].map((one) => one.href)',
    );
    for (const link of links) expect(link.startsWith(`${url}#/`)).toBe(true);
  });
});
