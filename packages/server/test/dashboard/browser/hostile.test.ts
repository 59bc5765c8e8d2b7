import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import { hostileNames } from "./hostile-names.js";
import type { Tab } from "./tab.js";

const names = hostileNames;
const marked = (name: string) => name.replace("\u202E", "⟨U+202E⟩").replace("\u200B", "⟨U+200B⟩");

/** What the page holds beside texts: nothing that a name made. */
const made =
  "document.images.length + document.querySelectorAll('main script, main iframe, main [onerror]').length";

async function isText(tab: Tab, place: string): Promise<void> {
  expect(await tab.value(made), place).toBe(0);
  const links: string[] = await tab.value('[...document.querySelectorAll("a")].map(({ href }) => href)');
  const base: string = await tab.value("location.origin");
  expect(
    links.filter((link) => !link.startsWith(`${base}/#`)),
    place,
  ).toEqual([]);
}

describe.skipIf(browserPath === null)("what bots choose", () => {
  const browser = TestBrowser.forFile();

  test("is text in every field of every page, in the title and in the URL [page/R28]", async () => {
    const { url, fleet, running } = await browser.monitor();
    for (const name of names) {
      const bot = await fleet.guest(name, { version: name.slice(0, 64), features: { [name]: true } });
      const short = name.slice(0, 100);
      bot.send("llm_usage", { model: short, feature: short, tokens_in: 10, tokens_out: 1, provider: short });
      bot.send("custom_metric", { metric_name: short, value: 1 });
      bot.send("heartbeat", { trouble: name, interval_s: 3_600, dropped: 5 });
    }
    let found: unknown;
    await until(
      "the store has the calls",
      async () => {
        found = [await running.get("/api/v1/llm-usage"), (await running.get("/healthz")).lines];
        return JSON.stringify(found).includes(`"calls":${names.length},`);
      },
      { describe: () => found, timeoutMs: 20_000 },
    );
    const tab = await browser.open(url);
    await tab.page.waitForSelector(".item");
    for (const name of names) {
      await tab.page.goto(`${url}#/bots/${encodeURIComponent(name)}`);
      let title = "";
      await until(
        `the title says ${name}`,
        async () => {
          title = await tab.page.title();
          return title.includes(marked(name).slice(0, 40));
        },
        { describe: () => title, timeoutMs: 10_000 },
      );
      await tab.page.waitForSelector(".bot-title");
      expect(await tab.text("h1")).toContain(marked(name));
      expect(await tab.text(".reason")).toContain(marked(name));
      await isText(tab, `the page of ${name}`);
    }
    for (const [page, shown, cell] of [
      ["usage?by=channel", ".usage tfoot", ".usage tbody"],
      ["usage", ".usage tfoot", ".usage tbody"],
      ["usage?by=feature", ".usage tfoot", ".usage tbody"],
      ["events", ".event", "table"],
      ["monitor", 'section[aria-label="Lost since its start"] a', "main"],
    ] as const) {
      await tab.page.goto("about:blank");
      await tab.page.goto(`${url}#/${page}`);
      await tab.page.waitForSelector(shown);
      await until(
        `all names stand on ${page}`,
        async () => {
          const text = await tab.text(cell);
          return names.every((name) => text.includes(marked(name).slice(0, 40)));
        },
        { describe: () => tab.text(cell) },
      );
      await isText(tab, page);
    }
  });

  test("is in no frame of another page: the browser refuses it [page/R28]", async () => {
    const { url } = await browser.monitor();
    const site = createServer((_question, answer) => {
      answer.setHeader("content-type", "text/html");
      answer.end(`<!doctype html><title>other</title><iframe src="${url}"></iframe>`);
    }).listen(0, "127.0.0.1");
    await once(site, "listening");
    browser.later(async () => {
      site.closeAllConnections();
      site.close();
    });
    const tab = await browser.open("about:blank");
    tab.expect(/frame/i, /ERR_BLOCKED_BY_RESPONSE/);
    await tab.page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
    await until("the frame is refused", async () =>
      tab.page.frames().some((frame) => frame.url().startsWith("chrome-error:")),
    );
  });
});
