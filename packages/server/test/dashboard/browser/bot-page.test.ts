import { openStore } from "@kissbot/store";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";

describe.skipIf(browserPath === null)("the page of one bot", () => {
  const browser = TestBrowser.forFile();

  test("tells why it is down, and has a life more when it is back, without a reload [page/R3] [page/R9]", async () => {
    const { url, fleet } = await browser.monitor();
    const first = await fleet.bot("twitch/anna", { version: "1.4.2", features: { weather: true } });
    await fleet.seen(1);
    const fleetTab = await browser.open(url);
    await fleetTab.page.click("tr.bot a");
    await fleetTab.page.waitForSelector(".bot-title");
    const link = await fleetTab.value("location.href");
    expect(link).toBe(`${url}#/bots/twitch%2Fanna`);
    const tab = await browser.open(link);
    const lives = "section[aria-label=Lives] tbody tr";
    const shown = async (selector: string, wanted: RegExp) => {
      let text = "";
      await until(
        `${selector} shows ${wanted}`,
        async () => {
          text = (await tab.texts(selector)).join(" | ");
          return wanted.test(text);
        },
        { describe: () => text },
      );
    };
    await shown(".bot-title", /^online twitch\/anna$/);
    await shown(lives, new RegExp(`^\\S+ ?${first.pid} ?\\d.* so far$`));
    // Of a new bot a day would show next to nothing.
    expect(await tab.page.inputValue("select[aria-label=Range]")).toBe("1h");
    await shown(".tiles", /weather/);
    await first.die();
    await shown(".bot-title", /^dead twitch\/anna$/);
    await shown(
      ".reason",
      new RegExp(`^Process ${first.pid} is gone\\. It had lived .* Dead for \\d+ s, since`),
    );
    expect(await tab.page.title()).toBe("(1) dead: twitch/anna · monitor of a test");
    const second = await fleet.bot("twitch/anna");
    await shown(".bot-title", /^online/);
    await shown(lives, new RegExp(`${second.pid}.* so far \\| .*${first.pid}.*process ${first.pid} is gone`));
    expect((await tab.texts(lives)).length).toBe(2);
    await tab.page.keyboard.press("Escape");
    await shown("h1", /^1 bot is up$/);
    expect(await tab.page.title()).toBe("1 bot is up · monitor of a test");
  });

  test("shows what the operator says of it, as text, and links the runbook as it was written", async () => {
    const words = { note: "Ask <b>Kim</b> first.", runbook: "https://wiki.example.org/a?b=1#c" };
    const entry = { match: ["twitch/*"], ...words, labels: {}, expectAlways: false };
    const { url, fleet } = await browser.monitor({ bots: [entry] });
    await fleet.bot("twitch/anna");
    await fleet.seen(1);
    const tab = await browser.open(`${url}#/bots/twitch%2Fanna`);
    await tab.page.waitForSelector("a[rel=noreferrer]");
    expect(await tab.value("document.querySelector('a[rel=noreferrer]').getAttribute('href')")).toBe(
      words.runbook,
    );
    expect(await tab.value("document.querySelector('a[rel=noreferrer]').parentNode.textContent")).toBe(
      `${words.note} Runbook`,
    );
  });

  test("says that its memory had grown within the hour before its death [page/R2]", async () => {
    const channel = "twitch/anna";
    const diedMs = Date.now() - 600_000;
    const { url } = await browser.monitor({}, async ({ database }) => {
      const store = await openStore(database);
      const at = { lastSeenMs: diedMs, statusSinceMs: diedMs, registeredAtMs: diedMs - 7_200_000 };
      await store.write({
        producer: "first",
        epoch: 1,
        seq: 1,
        bots: [
          {
            channel,
            pid: 4_194_303,
            status: "dead",
            featuresJson: "{}",
            ...at,
            cause: "process 4194303 is gone",
            causeCode: "process_gone",
          },
        ],
        // Before that hour it took more: that is no part of the story.
        botMetrics: [90, 50, 30, 1].map((minutes, i) => ({
          channel,
          pid: 4_194_303,
          tsMs: diedMs - minutes * 60_000,
          rssMb: [800, 96, 500, 1_946][i] ?? 0,
          cpuPct: 5,
          featuresJson: "{}",
        })),
      });
      await store.close();
    });
    const tab = await browser.open(`${url}#/bots/twitch%2Fanna`);
    await tab.page.waitForSelector("text=/Its memory had grown from 96 MB to 1.9 GB within an hour/");
    expect(await tab.text(".reason")).toMatch(
      /^Process 4194303 is gone\. Its memory had grown from 96 MB to 1\.9 GB within an hour\. Dead for 10 min/,
    );
  });

  test("draws memory and CPU over the range of the URL, in both schemes, and lists the same numbers behind one button [page/R14] [page/R9] [page/R12]", async () => {
    const { url, fleet } = await browser.monitor();
    await fleet.bot("twitch/anna");
    await fleet.seen(1);
    await until("the store has a sample", async () => {
      const answer = await fetch(`${url}api/v1/bots/twitch%2Fanna/metrics`);
      return /"samples":[1-9]/.test(await answer.text());
    });
    const tab = await browser.open(`${url}#/bots/twitch%2Fanna?range=1h`, {
      viewport: { width: 390, height: 844 },
      colorScheme: "light",
    });
    // biome-ignore lint/suspicious/noExplicitAny: what the monitor answered.
    let told: any = null;
    tab.page.on("response", async (response) => {
      // The body of an answer that a reload overtook is gone.
      if (response.url().includes("/metrics?")) told = await response.json().catch(() => told);
    });
    await tab.page.reload();
    const charts = "figure.chart-box";
    await tab.page.waitForSelector(`${charts} canvas`);
    expect(await tab.texts(charts)).toHaveLength(2);
    const label = await tab.value('document.querySelector(".chart").getAttribute("aria-label")');
    expect(label).toMatch(/^Memory from \d+ MB to \d+ MB; "Show numbers" lists them$/);
    const drawn = 'document.querySelector(".chart canvas").toDataURL()';
    const light = await tab.value(drawn);
    await tab.page.emulateMedia({ colorScheme: "dark" });
    await until("it is drawn in other colours", async () => (await tab.value(drawn)) !== light);
    expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    await tab.page.click("text=Show numbers");
    const memory = async () =>
      (await tab.texts(".numbers tbody td:nth-child(2)")).filter((text) => text !== "–").join();
    const expected = () =>
      told.points
        .flatMap(({ rss_mb_avg: mb }: { rss_mb_avg: number | null }) =>
          mb === null ? [] : `${Math.round(mb)} MB`,
        )
        .reverse()
        .join();
    // Every 15 s there is another answer.
    await until("the table has the numbers of the answer", async () => (await memory()) === expected());
    expect(await memory()).toMatch(/^\d+ MB/);
    expect(Date.parse(told.to) - Date.parse(told.from)).toBeLessThan(3_700_000);
    await tab.page.selectOption("select[aria-label=Range]", "7d");
    await until("the week is asked for", () => Date.parse(told.to) - Date.parse(told.from) > 600_000_000);
    expect(await tab.value("location.hash")).toBe("#/bots/twitch%2Fanna?range=7d");
    await tab.page.click("text=Show charts");
    await tab.page.waitForSelector(`${charts} canvas`);
  });

  test("lists its calls by model and feature, and no cost is $0 that nobody told [page/R7] [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.bot("twitch/anna");
    const hostile = "<img src=x onerror=alert(1)>";
    // No table of prices knows it.
    const call = { model: "house-xl", feature: "chat", tokens_in: 1_000, tokens_out: 10 };
    bot.send("llm_usage", { ...call, cost_usd: 1.25 });
    bot.send("llm_usage", { ...call, error: "timeout" });
    bot.send("llm_usage", { ...call, model: "local", feature: hostile });
    bot.send("llm_usage", { ...call, model: "free", cost_usd: 0 });
    await until("the store has the calls", async () => {
      const answer = await fetch(`${url}api/v1/llm-usage?channel=twitch%2Fanna`);
      return /"calls":4\b/.test(await answer.text());
    });
    const tab = await browser.open(`${url}#/bots/twitch%2Fanna`);
    const rows = "section[aria-labelledby=calls-title] tbody tr";
    await tab.page.waitForSelector(rows);
    const cells = await tab.texts(`${rows} > *`);
    const found = [0, 1, 2, 3].map((row) => cells.slice(9 * row, 9 * row + 9).join(" | "));
    expect(found[0]).toBe(
      "house-xl | chat | at least $1.25 | 50 % of tokens | 2 | 1 (50 %) | ? | 2,000 | 20",
    );
    expect(found.slice(1, 3).sort()).toEqual([
      "free | chat | $0 | 100 % of tokens | 1 | 0 | ? | 1,000 | 10",
      `local | ${hostile} | ? | 0 % of tokens | 1 | 0 | ? | 1,000 | 10`,
    ]);
    expect(found[3]).toBe("all |  | at least $1.25 | 50 % of tokens | 4 | 1 (25 %) | ? | 4,000 | 40");
    expect(await tab.value("document.images.length")).toBe(0);
  });

  test("is one click from the events of all bots, which come as they happen and say how long it was down [page/R9] [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    const name = "twitch/<b>anna";
    const first = await fleet.bot(name);
    await fleet.seen(1);
    const tab = await browser.open(url);
    await tab.page.click("nav a >> text=Events");
    const rows = "tbody tr";
    const row = async (wanted: RegExp) => {
      let found: readonly string[] = [];
      await until(
        `the first row shows ${wanted}`,
        async () => {
          found = await tab.texts(rows);
          return wanted.test(found[0] ?? "");
        },
        { describe: () => found },
      );
    };
    await row(/online ?twitch\/<b>anna registered$/);
    await first.die();
    await row(/dead ?twitch\/<b>anna process \d+ is gone$/);
    await fleet.bot(name);
    await row(/online ?twitch\/<b>anna restarted as pid \d+, was down for \d+ s$/);
    await tab.page.selectOption("select[aria-label=Status]", "dead");
    await row(/dead/);
    expect((await tab.texts(rows)).length).toBe(1);
    expect(await tab.value("location.hash")).toBe("#/events?status=dead");
    await tab.page.click(".event");
    await tab.page.waitForSelector(".bot-title");
  });

  test("shows hostile words as text, and scrolls nothing sideways on a phone [page/R12] [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    const name = `<img src=x onerror="alert(1)">\u202E${"x".repeat(90)}`;
    const bot = await fleet.guest(name, { version: name, features: { [name]: true } });
    bot.send("heartbeat", { trouble: `${name}${"y".repeat(100)}`, interval_s: 3_600 });
    await fleet.has(name, (one) => one["trouble"] !== null);
    for (const width of [360, 1_280]) {
      const tab = await browser.open(`${url}#/bots/${encodeURIComponent(name)}`, {
        viewport: { width, height: 800 },
      });
      await tab.page.waitForSelector(".reason");
      expect(await tab.text(".bot-title")).toContain(name.replace("\u202E", "⟨U+202E⟩"));
      expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      // No table is wider than its box, where its last column would be cut.
      const over =
        "[...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth - one.clientWidth)";
      expect(Math.max(...(await tab.value(over)))).toBeLessThanOrEqual(0);
      expect(await tab.value("document.images.length")).toBe(0);
    }
    const absent = await browser.open(`${url}#/bots/nobody`);
    await absent.page.waitForSelector("h1");
    await until("it says so", async () =>
      (await absent.text("main p")).startsWith("The monitor knows no bot"),
    );
  });
});
