import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BrowserContext, CDPSession, Page } from "playwright-core";

/**
 * `ours`: the monitor's page. `parsing`: reads and parses the same stream, and does nothing with
 * it. `blank`: neither.
 */
export type PageKind = "ours" | "parsing" | "blank";

export interface Slowness {
  readonly cpu: number;
  readonly mbitPerS: number;
  readonly latencyMs: number;
}

interface Opening {
  readonly kind: PageKind;
  readonly url: string;
  readonly slowness: Slowness | null;
}

const inPage = fileURLToPath(new URL("./in-page.mjs", import.meta.url));
const plainPage =
  '<!doctype html><html lang="en"><title>plain</title><p>Nothing is shown here.</p><input type="search">';
const patienceMs = 60_000;

/** A page, and what the browser and the page itself tell of it. */
export class MeasuredPage {
  readonly #context: BrowserContext;
  readonly #page: Page;
  readonly #session: CDPSession;

  private constructor(context: BrowserContext, page: Page, session: CDPSession) {
    this.#context = context;
    this.#page = page;
    this.#session = session;
  }

  static async open(context: BrowserContext, { kind, url, slowness }: Opening): Promise<MeasuredPage> {
    context.setDefaultTimeout(patienceMs);
    await context.addInitScript({ path: inPage });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    // CPU time of the thread, so that other work of the machine does not count.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const own = new MeasuredPage(context, page, session);
    if (slowness !== null) await own.#slowDown(slowness);
    if (kind === "ours") {
      await page.goto(url);
    } else {
      // The monitor has no such page, and answers its stream to its own origin alone.
      const address = new URL("/plain", url).href;
      await page.route(address, (route) => route.fulfill({ contentType: "text/html", body: plainPage }));
      await page.goto(address);
      await page.unroute(address);
      if (kind === "parsing") await page.evaluate("void bench.parseOnly()");
    }
    if (kind !== "blank") await own.#until("bench.rowsMs !== null");
    await own.#until("bench.firstPaintMs() !== null");
    return own;
  }

  async #slowDown({ cpu, mbitPerS, latencyMs }: Slowness): Promise<void> {
    const throughput = (mbitPerS * 1e6) / 8;
    await this.#session.send("Network.enable");
    await this.#session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: latencyMs,
      downloadThroughput: throughput,
      uploadThroughput: throughput,
    });
    await this.#session.send("Emulation.setCPUThrottlingRate", { rate: cpu });
  }

  async #until(expression: string): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await this.value<boolean>(expression))) {
      if (performance.now() > deadline) throw new Error(`the page did not come to ${expression}`);
      await delay(20);
    }
  }

  async value<Value>(expression: string): Promise<Value> {
    return (await this.#page.evaluate(expression)) as Value;
  }

  /** The share of a core that the main thread takes within that time. */
  async mainThread(ms: number): Promise<number> {
    const before = await this.#taskSeconds();
    const since = performance.now();
    await delay(ms);
    const after = await this.#taskSeconds();
    return ((after - before) * 1_000) / (performance.now() - since);
  }

  async #taskSeconds(): Promise<number> {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    const found = metrics.find(({ name }) => name === "TaskDuration");
    if (found === undefined) throw new Error("the browser does not tell what its main thread does");
    return found.value;
  }

  async frames(ms: number, scrolling = false): Promise<readonly number[]> {
    return await this.value(`bench.frames(${ms}, ${scrolling})`);
  }

  /**
   * Types a text into the search, letter by letter: how long until each was painted with its rows.
   */
  async keystrokes(text: string): Promise<readonly number[]> {
    const field = this.#page.locator("input[type=search]");
    await field.click();
    const took: number[] = [];
    for (const letter of text) {
      const painted = this.value<number>("bench.keystroke()");
      await this.#page.evaluate("0");
      await this.#page.keyboard.press(letter);
      took.push(await painted);
    }
    await field.fill("");
    return took;
  }

  /** After a collection. */
  async heapMb(): Promise<number> {
    await this.#session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#session.send("Runtime.getHeapUsage");
    return usedSize / 1_048_576;
  }

  async elements(): Promise<number> {
    return await this.value("document.querySelectorAll('*').length");
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
