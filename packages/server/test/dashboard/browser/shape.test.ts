import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { TestFleet } from "./fleet.js";

const touch: BrowserContextOptions = { hasTouch: true, isMobile: true };

/** A fleet in every condition, with names as long as they may be. */
async function variedFleet(fleet: TestFleet): Promise<void> {
  await fleet.online(Array.from({ length: 40 }, (_, i) => `twitch/bot${i}`));
  await fleet.online([`discord/${"long_name_".repeat(11)}`, "W".repeat(128)]);
  (await fleet.guest("matrix/left")).send("unregister");
  const troubled = await fleet.guest(`matrix/${"troubled".repeat(14)}`);
  troubled.send("heartbeat", { trouble: "x".repeat(256), interval_s: 3_600 });
  await fleet.guest("matrix/silent", { interval_s: 0.1 });
  const claimed = await fleet.bot("matrix/claimed");
  const dying = await fleet.bot("twitch/dead");
  await fleet.seen(2);
  await dying.die();
  await fleet.rival(claimed);
  await fleet.until({ dead: 1, stale: 1, offline: 1 });
}

/** Elements that a person hits, and are smaller than that. */
const tooSmall = (selector: string, leastPx: number) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([, { width, height }]) => height > 0 && (width < ${leastPx} || height < ${leastPx}))
    .map(([html, { width, height }]) => html + " " + width + "x" + height)`;

describe.skipIf(browserPath === null)("the page of the fleet, as it looks", () => {
  const browser = TestBrowser.forFile();

  test("scrolls nothing sideways from 360 to 2560 px, and has targets that a finger hits [page/R12]", async () => {
    const { url, fleet } = await browser.monitor({ staleTimeoutMs: 1_000 });
    await variedFleet(fleet);
    for (const width of [360, 390, 768, 1_280, 2_560]) {
      const isPhone = width < 700;
      const tab = await browser.open(url, { viewport: { width, height: 844 }, ...(isPhone ? touch : {}) });
      await tab.page.waitForSelector(".item.is-conflict");
      await tab.page.waitForSelector(isPhone ? ".card" : "tr.bot");
      expect(
        await tab.value("document.documentElement.scrollWidth - innerWidth"),
        `${width} px`,
      ).toBeLessThanOrEqual(0);
      const targets = "main a, main button, main select, main input, main summary, header a, header select";
      expect(await tab.value(tooSmall(targets, isPhone ? 44 : 24)), `${width} px`).toEqual([]);
      await tab.page.context().close();
    }
  });

  test("passes axe in both schemes, at the login, empty, with trouble, groups, keys, one bot and a lost monitor [page/R13]", async () => {
    const { url, fleet, running } = await browser.monitor({ staleTimeoutMs: 1_000 });
    const closed = await browser.monitor({ httpToken: "a-token-of-a-test-0123456789" });
    const login = await browser.open(closed.url);
    login.expect(/401/);
    await login.page.waitForSelector("#token");
    expect(await login.violations()).toEqual([]);
    const empty = await browser.open(url);
    await empty.page.waitForSelector(".empty");
    expect(await empty.violations()).toEqual([]);
    await variedFleet(fleet);
    const phone = await browser.open(url, { viewport: { width: 390, height: 844 }, ...touch });
    const tabs = [empty, phone];
    for (const tab of tabs) {
      await tab.page.waitForSelector(".item.is-conflict");
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.page.emulateMedia({ colorScheme });
        expect(await tab.violations(), colorScheme).toEqual([]);
      }
    }
    const desk = empty;
    await desk.page.selectOption(".tools select >> nth=0", "platform");
    await desk.page.waitForSelector("tr.group");
    expect(await desk.violations()).toEqual([]);
    await desk.page.keyboard.press("Tab");
    await desk.page.evaluate("document.activeElement.blur()");
    await desk.page.keyboard.press("?");
    await desk.page.waitForSelector("dialog[open]");
    expect(await desk.violations()).toEqual([]);
    await desk.page.keyboard.press("Escape");
    await phone.page.goto(`${url}#/bots/twitch%2Fdead`);
    await phone.page.waitForSelector(".tiles");
    expect(await phone.violations()).toEqual([]);
    await phone.page.goto(`${url}#/bots/twitch%2Fbot1`);
    await phone.page.waitForSelector(".chart canvas");
    expect(await phone.violations()).toEqual([]);
    expect(await phone.value(tooSmall("main button, main select", 44))).toEqual([]);
    await phone.page.click("text=Show numbers");
    await phone.page.waitForSelector(".numbers");
    expect(await phone.violations()).toEqual([]);
    await phone.page.goto(`${url}#/events`);
    await phone.page.waitForSelector(".event");
    expect(await phone.violations()).toEqual([]);
    expect(await phone.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    for (const tab of tabs) tab.expectOutage();
    await running.daemon.stop();
    for (const tab of tabs) {
      await tab.page.waitForSelector(".banner.lost");
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.page.emulateMedia({ colorScheme });
        expect(await tab.violations(), colorScheme).toEqual([]);
      }
    }
  });
});
