import { connect } from "node:net";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { Tab } from "./tab.js";

const hostile = `"><img src=x onerror="alert(1)">\u202E`;

/** The cells of each row of the table with that name. */
async function rowsOf(tab: Tab, name: string): Promise<string[][]> {
  return await tab.value(
    `[...document.querySelectorAll('section[aria-label="${name}"] tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent.replace(/\\s+/g, " ").trim()))`,
  );
}

async function tilesOf(tab: Tab): Promise<Readonly<Record<string, string>>> {
  const names = await tab.texts(".tile dt");
  const values = await tab.texts(".tile dd");
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
}

describe.skipIf(browserPath === null)("the page of the monitor itself", () => {
  const browser = TestBrowser.forFile();

  test("says what was lost and why, how the database is, and when the monitor ran before [page/R12] [page/R13] [page/R28]", async () => {
    const { place, url, fleet, running } = await browser.monitor({}, async (earlier) => {
      const first = earlier.daemon();
      await first.start();
      await first.stop();
    });
    const odd = await place.connect();
    odd.send(["no message"], { type: "no_such_type" }, { type: "heartbeat" });
    const bot = await fleet.guest(`twitch/${hostile}`);
    bot.send("heartbeat", { interval_s: 3_600, dropped: 1_212 });
    await fleet.has(bot.channel, ({ client_dropped }) => client_dropped === 1_212);
    const { lines, store } = await running.get("/healthz");
    const tab = await browser.open(url);
    await tab.page.click("nav a >> text=Monitor");
    expect(await tab.value("location.hash")).toBe("#/monitor");
    await tab.page.waitForSelector('section[aria-label="When it ran"]');
    expect(await tab.text("main h1")).toBe("The monitor");
    expect(await tab.text("main .reason")).toBe("Nothing is wrong with it.");
    const rejected = Object.entries<number>(lines.rejected)
      .filter(([, count]) => count > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`)
      .join("");
    let first: readonly string[] | undefined;
    await until(
      `the lines that were rejected stand there: ${rejected}`,
      async () => {
        [first] = await rowsOf(tab, "Lost since its start");
        return first?.[1] === rejected && rejected !== "";
      },
      { describe: () => first },
    );
    const losses = await rowsOf(tab, "Lost since its start");
    expect(losses.slice(1)).toEqual([
      ["Messages for which there was no room", "none"],
      ["Rows that were not stored", "none"],
      ["Lines that clients of bots lost", `1,212 twitch/${hostile.replace("\u202E", "⟨U+202E⟩")}`],
    ]);
    const runs = await rowsOf(tab, "When it ran");
    expect(runs.map(([, , end]) => end)).toEqual(["it is running", "stopped"]);
    expect(runs[0]?.[3]).toMatch(/^\d+ s$/);
    const tiles = await tilesOf(tab);
    expect(tiles["Database"]).toBe(`ok ${store.url}`);
    expect(tiles["Socket"]).toBe(place.socketPath);
    expect(tiles["Rows in the queue"]).toBe("0 of 100,000");
    expect(tiles["Version"]).toMatch(/^\d+\.\d+\.\d+/);
    await until("the rate of lines is known", async () =>
      /^\d+\.\d$/.test((await tilesOf(tab))["Lines per second"] ?? ""),
    );
    expect(await tab.value("document.querySelectorAll('main img').length")).toBe(0);
    for (const width of [360, 1_280, 2_560]) {
      await tab.page.setViewportSize({ width, height: 800 });
      expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }
    expect(await tab.violations()).toEqual([]);
    await tab.page.click('section[aria-label="Lost since its start"] a');
    await tab.page.waitForSelector(".bot-title");
    await tab.page.keyboard.press("g");
    await tab.page.keyboard.press("m");
    expect(await tab.value("location.hash")).toBe("#/monitor");
  });

  test("shows who reports over which socket, and what was shed and why, once there is more than one", async () => {
    const plain = await browser.monitor();
    const single = await browser.open(`${plain.url}#/monitor`);
    await single.page.waitForSelector('section[aria-label="When it ran"]');
    expect(await rowsOf(single, "Who reports")).toEqual([]);
    const folder = new TemporaryFolder("page");
    browser.later(async () => folder[Symbol.dispose]());
    const socketPath = folder.file("a.sock");
    const team = {
      principal: "team_a",
      socketPath,
      socketMode: 0o660,
      socketGroup: null,
      socketOwner: null,
      channels: ["team_a_*"],
      maxBots: 1,
      maxConnections: null,
      rowsPerSecond: 200,
      processes: "any" as const,
      uid: null,
    };
    const { url, running } = await browser.monitor({ listeners: [team] });
    const socket = connect(socketPath);
    browser.later(async () => void socket.destroy());
    for (const channel of ["team_a_1", `other/${hostile}`])
      socket.write(`${JSON.stringify({ type: "register", channel, pid: process.pid })}\n`);
    await until("both came", async () => {
      const { principals } = await running.get("/api/v1/principals");
      return principals[1].received === 2;
    });
    const tab = await browser.open(`${url}#/monitor`);
    await tab.page.waitForSelector('section[aria-label="Who reports"]');
    const rows = await rowsOf(tab, "Who reports");
    expect(rows.map(([who]) => who)).toEqual(["local", "team_a"]);
    expect(rows[0]?.[1]).toMatch(/^none\/.*\.sock, channels \*$/);
    expect(rows[0]?.slice(2)).toEqual(["0", "0", "0", "0"]);
    expect(rows[1]?.slice(2)).toEqual(["1 of 1", "1", "0 of 200", "2"]);
    expect(rows[1]?.[1]).toMatch(
      /^1 unauthorized, last other\/"><img .*⟨U\+202E⟩ \d\d:\d\d:\d\d\/.*a\.sock, channels team_a_\*$/,
    );
    // It is not the monitor's loss.
    expect((await rowsOf(tab, "Lost since its start"))[1]?.[1]).toBe("none");
    expect(await tab.value("document.querySelectorAll('main img').length")).toBe(0);
    for (const width of [360, 1_280]) {
      await tab.page.setViewportSize({ width, height: 800 });
      expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }
    expect(await tab.violations()).toEqual([]);
  });

  test("names each problem with its detail and since when, and takes it back when it is over [page/R2]", async () => {
    const { url } = await browser.monitor();
    const tab = await browser.open(`${url}#/monitor`);
    await tab.page.waitForSelector("main .reason");
    let problems = [{ code: "store_busy", detail: hostile, since: new Date().toISOString() }];
    await tab.page.route("**/api/v1/stream", async (route) => {
      const { host } = new URL(url);
      const summary = (await (await fetch(`http://${host}/api/v1/summary`)).json()) as object;
      const hello = JSON.stringify({ ...summary, status: "degraded", problems });
      await route.fulfill({
        contentType: "text/event-stream",
        body: `event: hello\ndata: ${hello}\n\nevent: snapshot\ndata: []\n\n`,
      });
    });
    await tab.page.reload();
    await tab.page.waitForSelector(".problems li");
    expect(await tab.text(".problems li")).toMatch(/^store busy: "><img .*⟨U\+202E⟩, since \d\d:\d\d:\d\d$/);
    problems = [];
    await tab.page.waitForSelector("main .reason");
    expect(await tab.texts(".problems li")).toEqual([]);
  });
});
