import process from "node:process";
import { type Browser, chromium } from "playwright-core";
import { MeasuredPage, type PageKind, type Slowness } from "./measured-page.js";

/** One Chromium, in which each page has a context of its own: nothing is cached. */
export class MeasuredBrowser {
  readonly #browser: Browser;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(browser: Browser, url: string, headers: Readonly<Record<string, string>>) {
    this.#browser = browser;
    this.#url = url;
    this.#headers = headers;
  }

  /**
   * `headers`: with each request. Rejects, saying how to get one, where this machine has no
   * Chromium.
   */
  static async start(url: string, headers: Readonly<Record<string, string>> = {}): Promise<MeasuredBrowser> {
    const finder = new URL("../../../../.ci/browser.mjs", import.meta.url).href;
    const { findBrowser, howToGetOne } = (await import(finder)) as {
      readonly findBrowser: () => string | null;
      readonly howToGetOne: string;
    };
    const executablePath = findBrowser();
    if (executablePath === null) throw new Error(howToGetOne);
    // Root has no sandbox.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    return new MeasuredBrowser(await chromium.launch({ executablePath, args }), url, headers);
  }

  async open(kind: PageKind, slowness: Slowness | null = null): Promise<MeasuredPage> {
    const context = await this.#browser.newContext({
      viewport: { width: 1_280, height: 800 },
      extraHTTPHeaders: this.#headers,
    });
    return await MeasuredPage.open(context, { kind, url: this.#url, slowness });
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
