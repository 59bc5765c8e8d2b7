import { MeasuredBrowser } from "../page/measured-browser.js";
import type { MeasuredPage } from "../page/measured-page.js";
import type { Monitor } from "../server/monitor.js";

/** The monitor's page, left open, where this machine has a Chromium. */
export class OpenPage {
  readonly page: MeasuredPage | undefined;
  readonly #browser: MeasuredBrowser | undefined;

  private constructor(browser: MeasuredBrowser | undefined, page: MeasuredPage | undefined) {
    this.#browser = browser;
    this.page = page;
  }

  static async open({ url, headers }: Monitor): Promise<OpenPage> {
    let browser: MeasuredBrowser;
    try {
      browser = await MeasuredBrowser.start(url, headers);
    } catch (error) {
      console.error(`without the page: ${(error as Error).message}`);
      return new OpenPage(undefined, undefined);
    }
    return new OpenPage(browser, await browser.open("ours"));
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}
