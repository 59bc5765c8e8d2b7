import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Settings } from "../../../src/config/settings.js";
import { Place, type Running } from "../../daemon/place.js";
import { TestFleet } from "./fleet.js";
import { Tab } from "./tab.js";

interface TestMonitor {
  readonly place: Place;
  readonly fleet: TestFleet;
  readonly running: Running;
  readonly url: string;
}

/** Null where this machine has none: then the tests of the page are skipped. */
export const browserPath: string | null = foundBrowser();

/** The page as it was built with the server. */
export const builtPage = fileURLToPath(new URL("../../../dist/page", import.meta.url));

function foundBrowser(): string | null {
  const root = fileURLToPath(new URL("../../../../../", import.meta.url));
  const script = 'import("./.ci/browser.mjs").then(({ findBrowser }) => console.log(findBrowser() ?? ""))';
  const { stdout } = spawnSync(process.execPath, ["--eval", script], { cwd: root, encoding: "utf8" });
  return stdout.trim() || null;
}

/**
 * One browser for the tests of a file, which opens a context of its own for each tab or group of
 * tabs.
 */
export class TestBrowser {
  #browser: Browser | null = null;
  #tabs: Tab[] = [];
  #ends: (() => Promise<void>)[] = [];

  /**
   * To be called once, at the top of a file. After each test what went wrong in its tabs fails it.
   */
  static forFile(): TestBrowser {
    const own = new TestBrowser();
    beforeAll(async () => {
      if (browserPath === null) return;
      // Root has no sandbox.
      const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
      own.#browser = await chromium.launch({ executablePath: browserPath, args });
    });
    afterEach(async () => {
      const problems = own.#tabs.flatMap((tab) => tab.problems);
      const ends = own.#ends;
      own.#tabs = [];
      own.#ends = [];
      for (const end of ends.reverse()) await end();
      // As one text: a failed assertion shows of a list no more than its length.
      expect(problems.join("\n"), "problems of the page").toBe("");
    });
    afterAll(async () => own.#browser?.close());
    return own;
  }

  /** A tab in a context of its own: nothing is stored, cached or logged in. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await this.context(options);
    return await this.tab(context, url);
  }

  async context(options: BrowserContextOptions = {}) {
    if (this.#browser === null) throw new Error("there is no browser");
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 800 },
      timezoneId: "Europe/Berlin",
      locale: "en-US",
      ...options,
    });
    context.setDefaultTimeout(20_000);
    this.#ends.push(async () => {
      // A route of the test may be in the middle of an answer. A test may have closed the context
      // itself.
      const routed = [...context.pages(), context];
      const ends = routed.map((one) => one.unrouteAll({ behavior: "ignoreErrors" }));
      await Promise.allSettled(ends);
      await context.close();
    });
    return context;
  }

  async tab(context: Awaited<ReturnType<TestBrowser["context"]>>, url: string): Promise<Tab> {
    const tab = await Tab.open(context);
    this.#tabs.push(tab);
    await tab.page.goto(url);
    return tab;
  }

  /** What a test leaves behind ends after its tabs. */
  later(end: () => Promise<void>): void {
    this.#ends.unshift(end);
  }

  /**
   * A real monitor with the built page, over what `before` left in the database. It ends after the
   * tabs, which would take its end for a fault.
   */
  async monitor(
    change: Partial<Settings> = {},
    before: (place: Place) => Promise<void> = async () => undefined,
  ): Promise<TestMonitor> {
    const place = new Place();
    await before(place);
    const fleet = new TestFleet(place);
    this.later(async () => {
      await fleet.end();
      await place[Symbol.asyncDispose]();
    });
    const running = await place.start({ metricsIntervalMs: 1_000, ...change }, builtPage);
    fleet.watch(running);
    return { place, fleet, running, url: `${running.report.http}/` };
  }
}
