import axe from "axe-core";
import type { BrowserContext, Page } from "playwright-core";

/**
 * What a test asks of the document, in one line of JavaScript: the tests' own compiler knows no
 * document.
 */
export class Tab {
  readonly page: Page;
  /**
   * What must not be there at the end of a test: errors, refusals of the CSP, requests that failed.
   */
  readonly problems: string[] = [];
  #expected: readonly RegExp[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.#problem(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#problem(`error: ${error.message}`));
    page.on("requestfailed", (request) => {
      // The page itself ends its streams and questions.
      if (request.failure()?.errorText !== "net::ERR_ABORTED")
        this.#problem(`request failed: ${request.url()} ${request.failure()?.errorText}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#problem(`answer: ${response.status()} ${response.url()}`);
    });
    page.on("dialog", (dialog) => {
      this.#problem(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  static async open(context: BrowserContext, url?: string): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    if (url !== undefined) await tab.page.goto(url);
    return tab;
  }

  /** Problems of this kind belong to the scenario. */
  expect(...patterns: readonly RegExp[]): void {
    this.#expected = [...this.#expected, ...patterns];
  }

  /**
   * The monitor is stopped, killed or frozen in this test. Then a question finds nobody, or is cut,
   * or waited so long for the store that the answer is 503 or 504.
   */
  expectOutage(): void {
    this.expect(/^request failed|net::ERR_(?!ABORTED)|CONNECTION/, /^answer: 50[34] |status of 50[34]/);
  }

  #problem(text: string): void {
    if (!this.#expected.some((pattern) => pattern.test(text))) this.problems.push(text);
  }

  /** The value of an expression in the document. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  async value(expression: string): Promise<any> {
    return await this.page.evaluate(expression);
  }

  /** What axe finds wrong, with where. */
  async violations(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    const { violations }: axe.AxeResults = await this.value("axe.run({ resultTypes: ['violations'] })");
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(" ")}`);
  }

  /**
   * What looks wrong on a desk and on a phone, in both schemes: what is cut off, and what axe
   * finds.
   */
  async wrongLooks(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const width of [1_280, 360]) {
      await this.page.setViewportSize({ width, height: 800 });
      const beyondPx: number = await this.value("document.documentElement.scrollWidth - innerWidth");
      if (beyondPx > 0) found.push(`${width} px: ${beyondPx} px more are needed`);
      for (const colorScheme of ["light", "dark"] as const) {
        await this.page.emulateMedia({ colorScheme });
        for (const violation of await this.violations())
          found.push(`${width} px, ${colorScheme}: ${violation}`);
      }
    }
    return found;
  }

  async text(selector: string): Promise<string> {
    return ((await this.page.locator(selector).first().textContent()) ?? "").replace(/\s+/g, " ").trim();
  }

  /** The text of each, without blanks around. */
  async texts(selector: string): Promise<readonly string[]> {
    const found = await this.page.locator(selector).allTextContents();
    return found.map((text) => text.replace(/\s+/g, " ").trim());
  }
}
