import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { TestFleet } from "./fleet.js";
import { StrippingProxy } from "./proxy.js";
import { hasNginx, proxySnippet, startNginx } from "./proxy-snippet.js";
import type { Tab } from "./tab.js";

const httpToken = "a-token-of-a-test-0123456789";

async function logIn(tab: Tab): Promise<void> {
  await tab.page.waitForSelector("#token");
  await tab.page.fill("#token", httpToken);
  await tab.page.keyboard.press("Enter");
  await tab.page.waitForSelector("#token", { state: "detached" });
}

/** Everything that a person does on the page at this address. */
async function worksAt(base: string, tab: Tab, fleet: TestFleet, other: () => Promise<Tab>): Promise<void> {
  const anna = await fleet.bot("twitch/anna");
  const bert = await fleet.bot("discord/bert");
  await fleet.seen(2);
  tab.expect(/401/);
  await tab.page.goto(base);
  await logIn(tab);
  expect(await tab.value("document.cookie")).toBe("");
  await until("all are up", async () => (await tab.text("h1")).startsWith("All 2 bots are up"));
  await anna.die();
  await tab.page.waitForSelector(".item.is-dead");
  expect(await tab.text("h1")).toMatch(/^1 of 2 bots is down/);
  expect(await tab.page.title()).toMatch(/^\(1\) 1 of 2 bots is down/);
  expect(await tab.texts(".item .name")).toEqual(["twitch/anna"]);
  await bert.die();
  await until("both are listed, the newest first", async () =>
    (await tab.texts(".item .name")).join().startsWith("discord/bert,twitch/anna"),
  );
  // A link of the list, one of the head, and back.
  await tab.page.click(".item .name >> text=twitch/anna");
  await tab.page.waitForSelector(".bot-title");
  const link: string = await tab.value("location.href");
  expect(link).toBe(`${base}#/bots/twitch%2Fanna`);
  for (const name of ["Usage", "Events", "Monitor", "Fleet"]) {
    await tab.page.click(`nav a >> text=${name}`);
    await until(`the page of ${name} is shown`, async () =>
      (await tab.text('nav a[aria-current="page"]')).startsWith(name),
    );
    expect((await tab.value("location.href")).startsWith(`${base}#/`)).toBe(true);
  }
  await tab.page.reload();
  await tab.page.waitForSelector(".item.is-dead");
  // The link in another browser: the login, and then what the link says.
  const second = await other();
  second.expect(/401/);
  await second.page.goto(link);
  await logIn(second);
  await second.page.waitForSelector(".bot-title");
  expect(await second.value("location.href")).toBe(link);
  // All that the page asks for is below its own path.
  const asked: string[] = await tab.value('performance.getEntriesByType("resource").map(({ name }) => name)');
  expect(asked.filter((name) => !name.startsWith(base))).toEqual([]);
  expect(asked.some((name) => name.startsWith(`${base}assets/`))).toBe(true);
}

describe.skipIf(browserPath === null)("the page behind a proxy", () => {
  const browser = TestBrowser.forFile();

  test("works behind one that passes on a host of its own, where --http-allowed-host names it [page/R23] [page/R1] [page/R3]", async () => {
    const { url, fleet } = await browser.monitor({ httpToken, httpAllowedHosts: ["bots.localhost"] });
    fleet.bring(httpToken);
    // As nginx does without `proxy_set_header Host`: the monitor sees its own address, the browser
    // says the outer name.
    const proxy = await StrippingProxy.start(url, { prefix: "", host: new URL(url).host });
    browser.later(() => proxy.stop());
    const base = proxy.url("bots.localhost");
    await worksAt(base, await browser.open("about:blank"), fleet, () => browser.open("about:blank"));
  });

  test.skipIf(!hasNginx)(
    "works behind nginx as docs/dashboard.md sets it up [page/R23] [page/R1] [page/R3]",
    async () => {
      const { url, fleet } = await browser.monitor({ httpToken });
      fleet.bring(httpToken);
      const nginx = await startNginx(url);
      browser.later(nginx.stop);
      await worksAt(nginx.url, await browser.open("about:blank"), fleet, () => browser.open("about:blank"));
    },
  );

  test("works below a path that the proxy strips, as the block for Caddy does: state, deaths, login and links [page/R23] [page/R1] [page/R3]", async () => {
    const block = proxySnippet("caddy")
      .trim()
      .split("\n")
      .map((line) => line.trim());
    const [site, redirect, handled, passed, ...ends] = block;
    expect([site, ends]).toEqual(["bots.example.org {", ["}", "}"]]);
    const [, prefix = ""] = /^handle_path (\/\S+)\/\* \{$/.exec(handled ?? "") ?? [];
    expect(redirect).toBe(`redir ${prefix} ${prefix}/`);
    expect(passed).toBe("reverse_proxy 127.0.0.1:7788");
    const { url, fleet } = await browser.monitor({ httpToken });
    fleet.bring(httpToken);
    // `handle_path` strips the path that it matches, and Caddy passes on the host that the browser
    // named.
    const proxy = await StrippingProxy.start(url, { prefix, host: null });
    browser.later(() => proxy.stop());
    const tab = await browser.open("about:blank");
    await worksAt(proxy.url(), tab, fleet, () => browser.open("about:blank"));
    const cookies = await tab.page.context().cookies();
    expect(cookies.map(({ path, httpOnly, sameSite }) => ({ path, httpOnly, sameSite }))).toEqual([
      { path: "/tools/kissbot/api/v1", httpOnly: true, sameSite: "Strict" },
    ]);
  });

  test("says to whom the host is not allowed which option allows it [page/R23]", async () => {
    const { url } = await browser.monitor({ httpToken });
    const proxy = await StrippingProxy.start(url, { prefix: "", host: null });
    browser.later(() => proxy.stop());
    const tab = await browser.open("about:blank");
    tab.expect(/403/);
    await tab.page.goto(proxy.url("bots.localhost"));
    expect(await tab.text("body")).toContain("--http-allowed-host NAME");
  });
});
