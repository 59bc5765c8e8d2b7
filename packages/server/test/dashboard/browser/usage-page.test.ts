import { readFileSync } from "node:fs";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { BotOnSocket } from "./fleet.js";
import type { Tab } from "./tab.js";

const hostile = `=<img src=x onerror="alert(1)">\u202E`;
const number = (text: string) => Number(text.replace(/[^\d.]/g, ""));

/** The cells of the table: its rows, and the last one with the total. */
async function tableOf(tab: Tab): Promise<{ rows: string[][]; total: string[] }> {
  const rows: string[][] = await tab.value(
    `[...document.querySelectorAll(".usage tbody tr, .usage tfoot tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent.replace(/\\s+/g, " ").trim()))`,
  );
  return { rows: rows.slice(0, -1), total: rows.at(-1) ?? [] };
}

/** Waits until the head of the table names the grouping, and the URL with it. */
async function group(tab: Tab, by: string): Promise<void> {
  await tab.page.selectOption("select[aria-label=Group]", by);
  await until(`the table is by ${by}`, async () => (await tab.text(".usage thead th")) === by);
}

async function called(url: string, count: number): Promise<void> {
  let found = "";
  await until(
    `the store has ${count} calls`,
    async () => {
      found = await (await fetch(`${url}api/v1/llm-usage?from=8d`)).text();
      return new RegExp(`"calls":${count}\\b`).test(found);
    },
    { describe: () => found },
  );
}

function send(bot: BotOnSocket, calls: readonly object[]): void {
  // No table of prices knows it.
  const call = { model: "house-xl", feature: "chat", tokens_in: 1_000, tokens_out: 10 };
  for (const one of calls) bot.send("llm_usage", { ...call, ...one });
}

describe.skipIf(browserPath === null)("the page of usage", () => {
  const browser = TestBrowser.forFile();

  test("comes to the same total by model, feature, channel and hour, with ? for what has no price and at least where too few have one [page/R7] [page/R9] [page/R28]", async () => {
    const { url, fleet } = await browser.monitor();
    for (let i = 0; i < 103; i++) {
      const bot = await fleet.guest(`twitch/bot${i}`);
      send(bot, i === 0 ? [{ cost_usd: 5 }, { error: "timeout" }] : [{ cost_usd: 0.25 }]);
      if (i === 1)
        send(bot, [
          { model: "local", feature: hostile },
          { model: "free", cost_usd: 0 },
        ]);
    }
    await called(url, 106);
    const tab = await browser.open(url);
    await tab.page.waitForSelector(".money");
    expect(await tab.text(".money")).toBe(
      "Models today: $30.50 for 106 calls, cost of 98 % of tokens known.",
    );
    await tab.page.click("th button >> text=cost 24 h");
    await until("the table is by cost", async () => (await tab.text("tr.bot .col-cost")) === "≥ $5.00");
    expect(await tab.value("location.hash")).toBe("#/?sort=cost");
    expect((await tab.texts("tr.bot .col-cost")).slice(0, 3)).toEqual(["≥ $5.00", "≥ $0.25", "$0.25"]);
    await tab.page.click("nav a >> text=Usage");
    await tab.page.waitForSelector(".usage tfoot");
    const byModel = await tableOf(tab);
    expect(byModel.rows).toEqual([
      ["house-xl 100 %", "$30.50", "> 99 % of tokens", "104", "1 (< 1 %)", "?", "104,000", "1,040"],
      ["free 0 %", "$0", "100 % of tokens", "1", "0", "?", "1,000", "10"],
      ["local", "?", "0 % of tokens", "1", "0", "?", "1,000", "10"],
    ]);
    expect(byModel.total).toEqual([
      "all",
      "$30.50",
      "98 % of tokens",
      "106",
      "1 (< 1 %)",
      "?",
      "106,000",
      "1,060",
    ]);
    expect(await tab.texts(".tile dd")).toEqual([
      "$30.50",
      "98 % of tokens",
      "106",
      "1 < 1 %",
      "?",
      "106K / 1,060",
    ]);
    for (const by of ["feature", "channel", "hour"]) {
      await group(tab, by);
      const { rows, total } = await tableOf(tab);
      expect(total, by).toEqual(byModel.total);
      for (const column of [1, 3, 6, 7]) {
        const sum = rows.reduce((all, row) => all + number(row[column] ?? ""), 0);
        expect(sum, `${by}, column ${column}`).toBeCloseTo(number(total[column] ?? ""), 6);
      }
      if (by === "feature") {
        expect(rows[1]?.[0]).toBe(hostile.replace("\u202E", "⟨U+202E⟩"));
        const download = tab.page.waitForEvent("download");
        await tab.page.click("text=CSV");
        const file = await download;
        expect(file.suggestedFilename()).toBe("usage-by-feature-24h.csv");
        expect(readFileSync(await file.path(), "utf8").split("\r\n")).toEqual([
          '"feature","cost_usd","cost_calls","cost_tokens","calls","errors","tokens_in","tokens_out","latency_ms_p50","latency_ms_p95","latency_ms_p99"',
          '"chat",30.5,104,105040,105,1,105000,1050,,,',
          `"'${hostile.replaceAll('"', '""')}",,0,0,1,0,1000,10,,,`,
          "",
        ]);
      }
      if (by !== "channel") continue;
      expect(rows).toHaveLength(101);
      expect(rows[0]?.slice(0, 4)).toEqual(["twitch/bot0 16 %", "at least $5.00", "50 % of tokens", "2"]);
      expect(rows.at(-1)?.slice(0, 4)).toEqual(["all others 2 %", "$0.75", "100 % of tokens", "3"]);
      expect(await tab.text("main")).toContain("only the 100 largest are named");
      expect(await tab.value("location.hash")).toBe("#/usage?by=channel");
    }
    await group(tab, "channel");
    await tab.page.click(".usage thead button >> text=calls");
    await until("the order is by calls", async () => (await tableOf(tab)).rows[0]?.[3] === "3");
    const shared = await browser.open(await tab.value("location.href"));
    await shared.page.waitForSelector(".usage tfoot");
    expect((await tableOf(shared)).rows[0]?.slice(0, 4)).toEqual([
      "twitch/bot1 3 %",
      "at least $0.25",
      "67 % of tokens",
      "3",
    ]);
    await shared.page.click(".usage tbody a >> nth=0");
    await shared.page.waitForSelector(".bot-title");
    expect(await tab.value("document.images.length")).toBe(0);
  });

  test("says what half, 95 % and 99 % of the calls took at most, of each group and of all, and ? where nobody told it", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.guest("twitch/anna");
    const latency = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ latency_ms: from + 10 * i }));
    send(bot, latency(10, 100));
    send(
      bot,
      latency(20_000, 100).map((one) => ({ ...one, model: "slow" })),
    );
    send(bot, [{ model: "silent" }]);
    await called(url, 201);
    const tab = await browser.open(`${url}#/usage`);
    await tab.page.waitForSelector(".usage tfoot");
    /** Milliseconds, as precise as the text. */
    const parts = (text = "") =>
      text.split(" / ").map((part) => number(part) * (part.endsWith(" ms") ? 1 : 1_000));
    const near = (found: readonly number[], wanted: readonly number[]) => {
      expect(found).toHaveLength(wanted.length);
      // Percentiles are within 5 %, and seconds are rounded.
      for (const [i, ms] of wanted.entries()) {
        expect(found[i]).toBeGreaterThan(0.9 * ms);
        expect(found[i]).toBeLessThan(1.1 * ms);
      }
    };
    const { rows, total } = await tableOf(tab);
    const of = (name: string) => rows.find(([first]) => first?.startsWith(name))?.[5];
    near(parts(of("house-xl")), [500, 950, 990]);
    expect(of("house-xl")).toMatch(/^\d+ ms \/ \d+ ms \/ (\d+ ms|1\.0 s)$/);
    near(parts(of("slow")), [20_500, 20_950, 20_990]);
    expect(of("slow")).toMatch(/^\d+ s \/ \d+ s \/ \d+ s$/);
    expect(of("silent")).toBe("?");
    near(parts(total[5]).slice(1), [20_900, 20_980]);
    expect((await tab.texts(".tile dd"))[4]).toBe(total[5]);
    for (const by of ["feature", "day", "hour"]) {
      await group(tab, by);
      expect((await tableOf(tab)).total[5], by).toBe(total[5]);
    }
  });

  test("has the days of the chosen zone, each with the sum of its single calls, and the same total in each [page/R7] [page/R11]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.guest("twitch/anna");
    const nowMs = Date.now();
    // Around each midnight of every zone: every 25 minutes of the last five days. One in seven has
    // no cost, and none cost nothing: so a day of any length has a cost, also one of a single call.
    const calls = Array.from({ length: 288 }, (_, i) => ({
      ms: nowMs - 1_000 - i * 1_500_000,
      cost: 1 + (i % 7),
    }));
    const isPriced = (cost: number) => cost !== 4;
    send(
      bot,
      calls.map(({ ms, cost }) => ({ ts: ms, ...(isPriced(cost) ? { cost_usd: cost } : {}) })),
    );
    await called(url, calls.length);
    for (const zone of ["Asia/Kolkata", "Europe/Berlin", "UTC", "America/St_Johns"]) {
      const tab = await browser.open(`${url}#/usage?by=day&range=7d&zone=${encodeURIComponent(zone)}`);
      await tab.page.waitForSelector(".usage tfoot");
      const day = new Intl.DateTimeFormat("en-GB", {
        timeZone: zone,
        weekday: "short",
        day: "numeric",
        month: "short",
      } as const);
      const expected = new Map<string, { calls: number; cost: number; priced: number }>();
      for (const { ms, cost } of calls) {
        const name = day.format(ms).replace(",", "");
        const sum = expected.get(name) ?? { calls: 0, cost: 0, priced: 0 };
        expected.set(name, {
          calls: sum.calls + 1,
          cost: sum.cost + (isPriced(cost) ? cost : 0),
          priced: sum.priced + (isPriced(cost) ? 1 : 0),
        });
      }
      const { rows, total } = await tableOf(tab);
      expect(
        rows.map(([name = "", cost, priced, count]) => [
          name.replace(/ (< )?\d+ %$/, ""),
          cost,
          priced,
          count,
        ]),
        zone,
      ).toEqual(
        [...expected].map(([name, sum]) => [
          name,
          `${sum.priced < 0.8 * sum.calls ? "at least " : ""}$${sum.cost.toFixed(2)}`,
          `${Math.round((100 * sum.priced) / sum.calls)} % of tokens`,
          `${sum.calls}`,
        ]),
      );
      expect(total.slice(1, 4), zone).toEqual(["$985.00", "86 % of tokens", "288"]);
      expect(await tab.text("main")).not.toContain("UTC's");
    }
  });

  test("has a state for no call and for a store that does not answer, and comes back by itself [page/R7] [page/R17]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.guest("twitch/anna");
    await fleet.has("twitch/anna", () => true);
    const tab = await browser.open(`${url}#/usage?range=today`);
    await tab.page.waitForSelector(".nothing");
    expect(await tab.text(".nothing")).toMatch(/^No bot called a model: today\. .* logLlmUsage\(\)\.$/);
    tab.expect(/503/);
    let isDown = true;
    await tab.page.route("**/llm-usage?*", async (route) => {
      if (!isDown) return await route.continue();
      const body = JSON.stringify({ error: { code: "store_unavailable", message: "the store is locked" } });
      await route.fulfill({ status: 503, contentType: "application/json", body });
    });
    await tab.page.selectOption("select[aria-label=Period]", "7d");
    await tab.page.waitForSelector("main p.bad");
    expect(await tab.text("main p.bad")).toBe(
      "The monitor did not answer: the store is locked. It is asked again within a minute.",
    );
    isDown = false;
    send(bot, [{ cost_usd: 1 }]);
    await called(url, 1);
    await tab.page.selectOption("select[aria-label=Period]", "30d");
    await tab.page.waitForSelector(".usage tfoot");
    expect(await tab.page.locator("main p.bad").count()).toBe(0);
  });

  test("passes axe in both schemes, scrolls nothing sideways and has targets that a finger hits [page/R12] [page/R13]", async () => {
    const { url, fleet } = await browser.monitor();
    const bot = await fleet.guest(`discord/${"long_name_".repeat(11)}`);
    send(bot, [
      { cost_usd: 12_345.678, model: "m".repeat(128) },
      { model: "W".repeat(128), error: "refused" },
    ]);
    await called(url, 2);
    for (const width of [360, 1_280, 2_560]) {
      const touch = width < 700 ? { hasTouch: true, isMobile: true } : {};
      const tab = await browser.open(`${url}#/usage`, { viewport: { width, height: 844 }, ...touch });
      for (const by of ["model", "channel"]) {
        await tab.page.waitForSelector(".usage tfoot");
        await group(tab, by);
        expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
        const box =
          "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.scroll'))";
        expect(await tab.value(box), `${width} px, ${by}`).toBeLessThanOrEqual(0);
        const least = width < 700 ? 44 : 24;
        const small = await tab.value(
          `[...document.querySelectorAll("main a, main button, main select")]
            .map((one) => [one.textContent, one.getBoundingClientRect()])
            .filter(([, { width, height }]) => height > 0 && (width < ${least} || height < ${least}))
            .map(([text, { width, height }]) => text + " " + width + "x" + height)`,
        );
        expect(small, `${width} px, ${by}`).toEqual([]);
      }
      if (width === 2_560) continue;
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.page.emulateMedia({ colorScheme });
        expect(await tab.violations()).toEqual([]);
      }
    }
  });
});
