import { openStore, type StatusChange } from "@kissbot/store";
import { until } from "@kissbot/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Place } from "../../daemon/place.js";
import { browserPath, TestBrowser } from "./browser.js";
import type { Tab } from "./tab.js";

const hourMs = 3_600_000;

/**
 * A day before the test: the monitor was off from 10 to 9 hours ago; one bot was dead for hours,
 * another for 3 s.
 */
async function writeDay({ database }: Place): Promise<void> {
  const nowMs = Date.now();
  const change = (channel: string, hoursAgo: number, from: string | null, to: string, laterMs = 0) =>
    ({
      channel,
      tsMs: nowMs - hoursAgo * hourMs + laterMs,
      from,
      to,
      pid: 11,
      cause: "as recorded",
      causeCode: "as_recorded",
    }) as StatusChange;
  const store = await openStore(database);
  await store.write({
    producer: "first",
    epoch: 1,
    seq: 1,
    run: { startedMs: nowMs - 30 * hourMs, seenMs: nowMs - 10 * hourMs, stopped: true },
  });
  await store.write({
    producer: "second",
    epoch: 1,
    seq: 1,
    run: { startedMs: nowMs - 9 * hourMs, seenMs: nowMs, stopped: true },
    statusChanges: [
      change("twitch/hours", 23, null, "online"),
      change("twitch/hours", 12, "online", "dead"),
      change("twitch/hours", 6, "dead", "online"),
      change("twitch/blink", 30, null, "online"),
      change("twitch/blink", 3, "online", "dead"),
      change("twitch/blink", 3, "dead", "online", 3_000),
    ],
  });
  await store.close();
}

/** What is drawn of a strip so many hours ago: the class of a shape, or nothing. */
function drawn(selector: string, hoursAgo: number): string {
  return `(() => {
    const strip = document.querySelector(${JSON.stringify(selector)});
    const point = new DOMPoint(1000 - ${(hoursAgo * 1_000) / 24}, 0.5);
    return [...strip.querySelectorAll("path")].filter((path) => path.isPointInFill(point)).map((path) => path.classList[0]).join();
  })()`;
}

/**
 * From where to where the shapes of a strip reach, as shares of its width, and how many pixels that
 * is.
 */
function extent(selector: string, status: string): string {
  return `(() => {
    const strip = document.querySelector(${JSON.stringify(selector)});
    const all = strip.getBoundingClientRect();
    const one = strip.querySelector(".on-${status}").getBoundingClientRect();
    return { from: (one.left - all.left) / all.width, to: (one.right - all.left) / all.width, px: one.width };
  })()`;
}

const statusNames = ["online", "dead", "stale", "offline"] as const;

/** Changes of many bots within the last 23 hours, by chance of a seed. */
async function writeHistory({ database }: Place, bots: readonly string[]): Promise<void> {
  const nowMs = Date.now();
  const store = await openStore(database);
  await store.write({
    producer: "first",
    epoch: 1,
    seq: 1,
    run: { startedMs: nowMs - 30 * hourMs, seenMs: nowMs, stopped: true },
  });
  const random = fc.sample(fc.nat(), { seed: 7, numRuns: 500 });
  const next = () => (random.shift() ?? 0) / 0x7fff_ffff;
  const statusChanges: StatusChange[] = [];
  for (const channel of bots) {
    let from: StatusChange["from"] = null;
    let tsMs = nowMs - Math.round((20 + next() * 3) * hourMs);
    while (tsMs < nowMs - hourMs) {
      const to = statusNames.filter((one) => one !== from)[Math.floor(next() * 3)] ?? "online";
      statusChanges.push({
        channel,
        tsMs,
        from,
        to,
        pid: 11,
        cause: "as recorded",
        causeCode: "as_recorded",
      });
      from = to;
      tsMs += Math.round((0.3 + next() * 4) * hourMs);
    }
  }
  statusChanges.sort((a, b) => a.tsMs - b.tsMs);
  await store.write({ producer: "first", epoch: 1, seq: 2, statusChanges });
  await store.close();
}

describe.skipIf(browserPath === null)("a strip on the page", () => {
  const browser = TestBrowser.forFile();

  test("is true to time: hatched where the monitor was off, which counts neither up nor down, with a visible mark and the length of 3 s of death [page/R6]", async () => {
    const { url, fleet } = await browser.monitor({}, writeDay);
    await fleet.online(["twitch/hours", "twitch/blink"]);
    await fleet.has("twitch/blink", ({ status }) => status === "online");
    const label = async (tab: Tab, selector: string, wanted: RegExp) => {
      let found = "";
      await until(
        `the strip says ${wanted}`,
        async () => {
          found = (await tab.texts(`${selector} title`)).join(" | ");
          return wanted.test(found);
        },
        { describe: () => found },
      );
    };
    for (const [width, row] of [
      [1_280, "tr.bot:has(a[href$=NAME]) .strip"],
      [360, ".card[href$=NAME] .strip"],
    ] as const) {
      const tab = await browser.open(url, { viewport: { width, height: 844 } });
      for (const page of ["", "#/bots/twitch%2FNAME"]) {
        const strip = (name: string) => (page === "" ? row : "main > .strip").replace("NAME", name);
        const open = async (name: string) => {
          if (page !== "") await tab.page.goto(`${url}${page.replace("NAME", name)}`);
        };
        await open("hours");
        // A strip ends with the present minute, so the day began up to that much, and what the test
        // took, later.
        await label(tab, strip("hours"), /^24 hours: down 1 time: 5 h; (1 h 5[5-9]|2 h)/);
        for (const [hoursAgo, status] of [
          [23.5, ""],
          [22, "on-online"],
          [12.5, "on-online"],
          [11, "on-dead"],
          [9.5, ""],
          [8, "on-dead"],
          [6.2, "on-dead"],
          [5.8, "on-online"],
          [1, "on-online"],
        ] as const)
          expect(await tab.value(drawn(strip("hours"), hoursAgo)), `${hoursAgo} h ago`).toBe(status);
        const dead = await tab.value(extent(strip("hours"), "dead"));
        expect(dead.from).toBeCloseTo(0.5, 2);
        expect(dead.to).toBeCloseTo(0.75, 2);
        expect(
          await tab.value(
            `getComputedStyle(document.querySelector(${JSON.stringify(strip("hours"))})).backgroundImage`,
          ),
        ).toContain("repeating-linear-gradient");
        if (page !== "") expect(await tab.text(".tile dd")).toBe("77.2 %");
        await open("blink");
        await label(tab, strip("blink"), /^24 hours: down 1 time: 3 s; (59 min|1 h)/);
        const blink = await tab.value(extent(strip("blink"), "dead"));
        expect(blink.from).toBeCloseTo(21 / 24, 2);
        expect(blink.px).toBeGreaterThanOrEqual(1);
        // A mark, and no more than that.
        expect(blink.to - blink.from).toBeLessThan(0.015);
        if (page !== "") expect(await tab.text(".tile dd")).toBe("99.9 %");
      }
    }
  });

  test("of each bot is the fold of its events in the API, and the table is what the API tells of the bots [page/R5] [page/R6]", async () => {
    const bots = Array.from({ length: 12 }, (_, i) => `twitch/bot${i}`);
    const { url, fleet, running } = await browser.monitor({ staleTimeoutMs: 1_000 }, (place) =>
      writeHistory(place, bots),
    );
    // Some of them are there now, one of these is silent, one said goodbye.
    await fleet.online(bots.slice(0, 9));
    await fleet.guest("twitch/bot9", { interval_s: 0.1 });
    (await fleet.guest("twitch/bot10")).send("unregister");
    await fleet.until({ online: 9, stale: 1, offline: 1 });
    const tab = await browser.open(url, { viewport: { width: 1_280, height: 1_600 } });
    await until("the history is drawn", async () => (await tab.page.locator(".on-dead").count()) > 5);
    const { bots: told } = await running.get("/api/v1/bots?order_by=worst");
    const rows = await tab.texts("tr.bot");
    expect(rows).toHaveLength(11);
    for (const [i, { channel, status }] of told.entries())
      expect(rows[i]?.startsWith(`${status}${channel}24 hours: `), `${rows[i]} is ${channel}`).toBe(true);
    expect(await tab.texts(".item .name")).toEqual(["twitch/bot9"]);

    const from = new Date(Date.now() - 24 * hourMs).toISOString();
    const { events } = await running.get(`/api/v1/events?limit=1000&from=${encodeURIComponent(from)}`);
    const drawnMs = Date.now();
    let compared = 0;
    for (const { channel } of told) {
      const changes = events
        .filter((event: { channel: string }) => event.channel === channel)
        .map((event: { ts: string; to_status: string }) => ({
          ms: Date.parse(event.ts),
          to: event.to_status,
        }))
        .reverse();
      for (let hoursAgo = 23.9; hoursAgo > 0.5; hoursAgo -= 0.7) {
        const ms = drawnMs - hoursAgo * hourMs;
        // The marks of short times, and the end of a strip, are up to some minutes beside them.
        if (changes.some((change: { ms: number }) => Math.abs(change.ms - ms) < 0.35 * hourMs)) continue;
        const last = changes.findLast((change: { ms: number }) => change.ms <= ms);
        const strip = `tr.bot:has(a[href$="${encodeURIComponent(channel)}"]) .strip`;
        expect(await tab.value(drawn(strip, hoursAgo)), `${channel}, ${hoursAgo} h ago`).toBe(
          last === undefined ? "" : `on-${last.to}`,
        );
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(150);
  });
});
