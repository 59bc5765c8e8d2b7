import { describe, expect, test } from "vitest";
import { Connection, type LinkState, type Surroundings } from "../../page/link/connection.js";
import type { StreamEvent } from "../../page/link/stream-reader.js";

/** A browser whose time, network and visibility the test moves. */
class Browser implements Surroundings {
  nowMs = 0;
  hidden = false;
  chance = 0.5;
  readonly asked: { readonly path: string; readonly atMs: number; readonly signal: AbortSignal }[] = [];
  readonly states: LinkState[] = [];
  readonly events: (readonly [StreamEvent, number | null])[] = [];
  readonly summaries: unknown[] = [];
  answer: (path: string) => Response | null = () => null;
  #timers: { readonly atMs: number; readonly then: () => void }[] = [];
  readonly connection = new Connection(this, {
    event: (event, roundTripMs) => this.events.push([event, roundTripMs]),
    polled: (value) => this.summaries.push(value),
    state: (state) => this.states.push(state),
  });

  fetch = (path: string, { signal }: { readonly signal: AbortSignal }): Promise<Response> => {
    this.asked.push({ path, atMs: this.nowMs, signal });
    const answer = this.answer(path);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (answer !== null) resolve(answer);
    });
  };
  steadyMs = () => this.nowMs;
  random = () => this.chance;
  isHidden = () => this.hidden;
  after = (delayMs: number, then: () => void) => {
    const timer = { atMs: this.nowMs + delayMs, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  get timers(): number {
    return this.#timers.length;
  }

  get kind(): string {
    return this.connection.state.kind;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.asked.filter(({ path, signal }) => path.endsWith("/stream") && !signal.aborted).length;
  }

  /** Time passes, timer by timer. */
  async pass(spanMs: number): Promise<void> {
    const endMs = this.nowMs + spanMs;
    for (;;) {
      await settle();
      const due = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.then();
    }
    this.nowMs = endMs;
    await settle();
  }

  show(isSeen: boolean): void {
    this.hidden = !isSeen;
    this.connection.visibilityChanged();
  }
}

/** Everything that was resolved has gone on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
}

const encoder = new TextEncoder();

/** A stream that the test writes. */
function openStream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  return {
    response: new Response(body),
    send: (name: string, data: unknown) =>
      controller?.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)),
    break: () => controller?.error(new TypeError("network")),
  };
}

/** A browser with a live page. */
async function live() {
  const browser = new Browser();
  const stream = openStream();
  browser.answer = () => stream.response;
  browser.connection.start();
  await settle();
  stream.send("hello", {});
  stream.send("snapshot", []);
  await settle();
  expect(browser.kind).toBe("live");
  return { browser, stream };
}

describe("the link", () => {
  test("is live with the whole snapshot, and not before [page/R15]", async () => {
    const browser = new Browser();
    const stream = openStream();
    browser.answer = () => stream.response;
    browser.connection.start();
    browser.nowMs = 40;
    await settle();
    stream.send("hello", { now: 1 });
    await settle();
    expect(browser.kind).toBe("connecting");
    expect(browser.events.map(([{ name }, roundTripMs]) => [name, roundTripMs])).toEqual([["hello", 40]]);
    stream.send("snapshot", []);
    await settle();
    expect(browser.kind).toBe("live");
    expect(browser.events.at(-1)).toEqual([{ name: "snapshot", data: "[]" }, null]);
  });

  test("is late after 8 s of silence, live again with a byte, and lost after 12 s [page/R15]", async () => {
    const { browser, stream } = await live();
    await browser.pass(7_900);
    expect(browser.kind).toBe("live");
    await browser.pass(200);
    expect(browser.kind).toBe("late");
    stream.send("beat", {});
    await browser.pass(10);
    expect(browser.kind).toBe("live");
    await browser.pass(11_900);
    expect(browser.kind).toBe("late");
    await browser.pass(200);
    expect(browser.kind).toBe("lost");
    expect(browser.connection.state.heardAtMs).toBeLessThan(9_000);
  });

  test("asks a frozen monitor again within a second of losing it, so that a question waits when it wakes [page/R15]", async () => {
    const { browser } = await live();
    browser.answer = () => null;
    await browser.pass(13_100);
    expect(browser.asked.length).toBe(2);
    expect(browser.streams).toBe(1);
    // However long it lasts, at most a second passes without a question.
    await browser.pass(60_000);
    const times = browser.asked.map(({ atMs }) => atMs);
    for (const [i, atMs] of times.entries()) {
      if (i > 1) expect(atMs - (times[i - 1] ?? 0)).toBeLessThanOrEqual(13_000);
    }
    expect(browser.kind).toBe("lost");
    const stream = openStream();
    browser.answer = () => stream.response;
    await browser.pass(13_000);
    stream.send("snapshot", []);
    await settle();
    expect(browser.kind).toBe("live");
  });

  test.each([0, 0.5, 0.999])(
    "comes back from 1 to 10 s after an error, at chance %d [page/R15]",
    async (chance) => {
      const { browser, stream } = await live();
      browser.chance = chance;
      browser.answer = () => new Response("", { status: 502 });
      stream.break();
      await settle();
      expect(browser.kind).toBe("lost");
      const waitMs = (browser.connection.state.retryAtMs ?? Number.NaN) - browser.nowMs;
      expect(waitMs).toBeCloseTo(1_000 + 9_000 * chance);
      await browser.pass(waitMs - 1);
      expect(browser.asked.length).toBe(1);
      await browser.pass(2);
      expect(browser.asked.length).toBe(2);
    },
  );

  test("tries at once where somebody asks for it, and has one stream at a time [page/R15]", async () => {
    const { browser, stream } = await live();
    stream.break();
    browser.answer = () => null;
    await settle();
    browser.connection.retry();
    browser.connection.retry();
    await settle();
    expect(browser.streams).toBe(1);
    expect(browser.connection.state.retryAtMs).toBeNull();
  });

  test("waits for the login where a token is needed, and goes on after it [page/R17]", async () => {
    const { browser, stream } = await live();
    browser.answer = () => new Response("", { status: 401 });
    stream.break();
    await browser.pass(11_000);
    expect(browser.kind).toBe("login");
    const before = browser.asked.length;
    await browser.pass(120_000);
    expect(browser.asked.length).toBe(before);
    const next = openStream();
    browser.answer = () => next.response;
    browser.connection.retry();
    await settle();
    next.send("snapshot", []);
    await settle();
    expect(browser.kind).toBe("live");
  });

  test("goes on after the login also where a question was told that a token is needed", async () => {
    const { browser } = await live();
    browser.connection.needLogin();
    expect(browser.kind).toBe("login");
    const next = openStream();
    browser.answer = () => next.response;
    browser.connection.retry();
    await settle();
    next.send("snapshot", []);
    await settle();
    expect(browser.kind).toBe("live");
  });

  test("shows a monitor with too many viewers as busy, and asks again after Retry-After [page/R17]", async () => {
    const browser = new Browser();
    browser.answer = () => new Response("", { status: 503, headers: { "retry-after": "7" } });
    browser.connection.start();
    await settle();
    expect(browser.kind).toBe("busy");
    expect(browser.connection.state.retryAtMs).toBe(7_000);
    await browser.pass(6_900);
    expect(browser.asked.length).toBe(1);
    await browser.pass(200);
    expect(browser.asked.length).toBe(2);
  });

  test.each([
    ["0", 1_000],
    ["86400", 60_000],
    ["9999999", 60_000],
    ["Fri, 31 Dec 1999 23:59:59 GMT", 5_500],
  ])("asks after a time of sense where Retry-After says %s [server/F21]", async (told, waitMs) => {
    const browser = new Browser();
    browser.answer = () => new Response("", { status: 503, headers: { "retry-after": told } });
    browser.connection.start();
    await settle();
    expect(browser.connection.state.retryAtMs).toBe(waitMs);
    await browser.pass(waitMs - 100);
    expect(browser.asked.length).toBe(1);
    await browser.pass(200);
    expect(browser.asked.length).toBe(2);
  });

  test("gives its stream back when it was hidden for 30 s, asks every 15 s, and streams at once when seen [page/R16]", async () => {
    const { browser, stream } = await live();
    browser.show(false);
    for (let i = 0; i < 29; i++) {
      stream.send("beat", {});
      await browser.pass(1_000);
    }
    expect(browser.streams).toBe(1);
    browser.answer = () => Response.json({ dead: 1 });
    await browser.pass(1_500);
    expect(browser.streams).toBe(0);
    expect(browser.summaries).toEqual([{ dead: 1 }]);
    await browser.pass(60_000);
    expect(browser.summaries.length).toBe(5);
    expect(browser.streams).toBe(0);
    const next = openStream();
    browser.answer = () => next.response;
    browser.show(true);
    await settle();
    expect(browser.streams).toBe(1);
    next.send("snapshot", []);
    await settle();
    expect(browser.kind).toBe("live");
  });

  test("keeps its stream where it was hidden for less than 30 s [page/R16]", async () => {
    const { browser, stream } = await live();
    browser.show(false);
    await browser.pass(5_000);
    browser.show(true);
    stream.send("beat", {});
    for (let i = 0; i < 60; i++) {
      stream.send("beat", {});
      await browser.pass(1_000);
    }
    expect(browser.asked.length).toBe(1);
  });

  test("runs one timer while it is hidden, that of the next question [page/R32]", async () => {
    const { browser } = await live();
    browser.answer = () => Response.json({});
    browser.show(false);
    await browser.pass(40_000);
    expect(browser.timers).toBe(1);
    // A question that fails changes nothing about that.
    browser.answer = () => new Response("", { status: 500 });
    await browser.pass(40_000);
    expect(browser.timers).toBe(1);
  });

  test("takes a hidden page's silent monitor for lost, and its answer for live [page/R16]", async () => {
    const { browser } = await live();
    browser.show(false);
    browser.answer = () => null;
    await browser.pass(60_000);
    expect(browser.kind).toBe("lost");
    browser.answer = () => Response.json({});
    await browser.pass(30_000);
    expect(browser.kind).toBe("live");
  });
});
