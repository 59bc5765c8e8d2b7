import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Child, TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { Tab } from "./tab.js";

const program = fileURLToPath(new URL("../../../bin/kissbot-monitor.mjs", import.meta.url));

/** A monitor in a process of its own, which can be frozen and killed. */
class OwnMonitor {
  readonly folder = new TemporaryFolder("page");
  child: Child | null = null;
  port = 0;

  async start(): Promise<void> {
    this.child = Child.node([
      program,
      "start",
      "--socket",
      this.folder.socketPath,
      "--store",
      this.folder.file("page.db"),
      "--http",
      `127.0.0.1:${this.port}`,
    ]);
    await until("it says where it listens", () => this.#portSaid() !== null, { timeoutMs: 60_000 });
    this.port = this.#portSaid() ?? 0;
  }

  #portSaid(): number | null {
    const said = /127\.0\.0\.1:(\d+)/.exec(`${this.child?.stdout}${this.child?.stderr}`);
    return said === null ? null : Number(said[1]);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async register(channel: string): Promise<void> {
    const line = JSON.stringify({ type: "register", channel, pid: process.pid, interval_s: 3_600 });
    const done = await Child.run(process.execPath, [
      program,
      "send",
      "--socket",
      this.folder.socketPath,
      line,
    ]);
    expect(done.code).toBe(0);
  }

  async end(): Promise<void> {
    await this.child?.kill();
    this.folder[Symbol.dispose]();
  }
}

const isLive = (tab: Tab) => tab.page.locator(".link.is-live").waitFor({ timeout: 30_000 });

describe.skipIf(browserPath === null)("the page's link to its monitor", () => {
  const browser = TestBrowser.forFile();

  test("is shown as lost while the monitor is frozen or dead, and recovers by itself without a reload [page/R15]", async () => {
    const monitor = new OwnMonitor();
    browser.later(() => monitor.end());
    await monitor.start();
    await monitor.register("twitch/anna");
    const tab = await browser.open(monitor.url);
    tab.expectOutage();
    await isLive(tab);
    await tab.value("(window.mark = 1)");
    const frozenAt = performance.now();
    monitor.child?.signal("SIGSTOP");
    await tab.page.locator(".banner.lost").waitFor({ timeout: 30_000 });
    // Twelve seconds of silence, and what this machine adds.
    const lostMs = performance.now() - frozenAt;
    expect(lostMs).toBeGreaterThan(6_000);
    expect(lostMs).toBeLessThan(25_000);
    expect(await tab.text(".banner.lost")).toMatch(
      /^No word from the monitor for \d+ s\. What you see is of \d\d:\d\d:\d\d\./,
    );
    expect(await tab.texts("tr.bot .col-channel")).toEqual(["twitch/anna"]);
    monitor.child?.signal("SIGCONT");
    await isLive(tab);
    await tab.page.locator(".banner.lost").waitFor({ state: "detached" });

    await monitor.child?.kill();
    await tab.page.locator(".banner.lost").waitFor({ timeout: 30_000 });
    await monitor.start();
    await isLive(tab);
    expect(await tab.text(".banner.note")).toMatch(/^The monitor restarted at \d\d:\d\d:\d\d\./);
    expect(await tab.texts("tr.bot .col-channel")).toEqual(["twitch/anna"]);
    expect(await tab.value("window.mark")).toBe(1);
  });

  test("holds no stream in nine hidden tabs of ten, keeps their titles true, and is live when one is seen [page/R16] [page/R32]", async () => {
    const { url, fleet, running } = await browser.monitor();
    const bot = await fleet.bot("twitch/anna");
    await fleet.seen(1);
    const context = await browser.context();
    await context.addInitScript({
      content: `Object.defineProperty(document, "visibilityState", { get: () => window.isSeen ? "visible" : "hidden" });
        window.isSeen = true;
        window.show = (isSeen) => { window.isSeen = isSeen; document.dispatchEvent(new Event("visibilitychange")); };`,
    });
    const tabs: Tab[] = [];
    for (let i = 0; i < 10; i++) {
      const tab = await browser.tab(context, url);
      await isLive(tab);
      tabs.push(tab);
      // A browser has six connections for a host: the next tab loads, as this one gives its stream
      // back.
      if (i > 0) {
        await tab.page.clock.install();
        await tab.value("window.show(false)");
        await tab.page.clock.runFor(31_000);
      }
    }
    await until("one stream is left", async () => (await running.get("/api/v1/summary")).viewers === 1);
    await bot.die();
    await fleet.until({ dead: 1 });
    for (const tab of tabs.slice(1)) {
      await until("the title follows", async () => {
        await tab.page.clock.runFor(16_000);
        return (await tab.page.title()).startsWith("(1) 1 of 1 bot is down");
      });
    }
    const [, hidden] = tabs;
    await hidden?.value("window.show(true)");
    await hidden?.page.clock.resume();
    await until("it streams again", async () => (await running.get("/api/v1/summary")).viewers === 2);
    await until("it shows the fleet", async () => (await hidden?.text("h1")) === "1 of 1 bot is down");
  });

  test("leads to the login where a token is needed, and back to the same view [page/R17] [page/R20]", async () => {
    const token = "a-token-of-a-test-0123456789";
    const { url, fleet } = await browser.monitor({ httpToken: token });
    await fleet.online(["twitch/anna", "twitch/bert"]);
    const tab = await browser.open(`${url}#/?q=anna&group=platform`);
    tab.expect(/401|api\/v1\/session/);
    await tab.page.waitForSelector("#token");
    expect(await tab.text("h1")).toBe("Log in");
    expect(await tab.value("document.body.textContent.includes('anna')")).toBe(false);
    expect(await tab.value("document.activeElement.id")).toBe("token");
    await tab.page.fill("#token", "another one");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForSelector("text=This is not the token of this monitor.");
    await tab.page.fill("#token", token);
    await tab.page.keyboard.press("Enter");
    await isLive(tab);
    await until(
      "the view is back",
      async () => (await tab.texts("tr.bot .col-channel")).join() === "twitch/anna",
    );
    expect(await tab.value("location.href")).toBe(`${url}#/?q=anna&group=platform`);
    expect(await tab.value("document.cookie")).toBe("");
    // The session lasts over a reload, and ends with the logout; then the page asks again.
    await tab.page.reload();
    await isLive(tab);
    const other = await browser.tab(tab.page.context(), url);
    await isLive(other);
    other.expect(/401/);
    await other.value('fetch("api/v1/session", { method: "DELETE" }).then((answer) => answer.status)');
    await other.page.reload();
    await other.page.waitForSelector("#token");
  });

  test("says that another build is served now, and offers to load it [page/R19]", async () => {
    const { url, running } = await browser.monitor();
    const { build: own } = await running.get("/api/v1/summary");
    expect(own).toMatch(/^[0-9a-f]{12}$/);
    /** Everything but the shell says that the monitor is of another build. */
    const pass = async (question: IncomingMessage, answer: ServerResponse): Promise<void> => {
      const told = await fetch(new URL(question.url ?? "/", url));
      answer.writeHead(told.status, { "content-type": told.headers.get("content-type") ?? "" });
      const reader = told.body?.getReader();
      for (;;) {
        const piece = await reader?.read();
        if (piece === undefined || piece.done) break;
        const text = Buffer.from(piece.value).toString("latin1");
        answer.write(question.url === "/" ? text : text.replaceAll(own, "another-one"), "latin1");
      }
      answer.end();
    };
    const proxy: Server = createServer((question, answer) => {
      void pass(question, answer).catch(() => answer.destroy());
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, "127.0.0.1", resolve);
    });
    browser.later(async () => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const tab = await browser.open(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`);
    await tab.page.waitForSelector(".banner.note");
    expect(await tab.text(".banner.note")).toMatch(/^A new version of the monitor is running\. Reload$/);
    const same = await browser.open(url);
    await isLive(same);
    expect(await same.texts(".banner.note")).toEqual([]);
  });
});
