import { until } from "@kissbot/testkit";
import axe from "axe-core";
import { describe, expect, test } from "vitest";
import { promptAlerts, RecordingReceiver } from "../../daemon/recording-receiver.js";
import { browserPath, TestBrowser } from "./browser.js";
import type { Tab } from "./tab.js";

const hostile = `"><img src=x onerror="alert(1)">\u202E`;
const shown = hostile.replace("\u202E", "⟨U+202E⟩");

describe.skipIf(browserPath === null)("the page of the alerts", () => {
  const browser = TestBrowser.forFile();

  test("shows an alert as it opens and who was told, and on the page of the bot why", async () => {
    const ops = await RecordingReceiver.start("ops");
    browser.later(() => ops[Symbol.asyncDispose]());
    const { url, fleet } = await browser.monitor({ alerts: promptAlerts(ops) });
    const bot = await fleet.bot(`twitch/${hostile}`);
    await fleet.seen(1);
    const tab = await browser.open(url);
    await tab.page.click("nav a >> text=Alerts");
    await tab.page.waitForSelector('section[aria-label="Who is told"]');
    expect(await tab.text("main .reason")).toBe("Nothing is wrong.");
    expect(await tab.text("tbody tr")).toMatch(/^ops webhook\s?up\s?\d\s?0$/);
    await bot.die();
    await tab.page.waitForSelector(".alerts li >> text=Told ops at");
    expect(await tab.texts(".alerts form")).toEqual([]);
    expect(await tab.text(".alerts li")).toMatch(/^down twitch\/.* critical for \d+ s, since \d\d:\d\d:\d\d/);
    expect(await tab.text(".alerts a")).toBe(`twitch/${shown}`);
    await tab.page.waitForSelector('section[aria-label="Messages"] >> text=down, twitch');
    await tab.page.click(".alerts a");
    await tab.page.click("summary");
    await tab.page.waitForSelector("details >> text=the alert is open");
    expect(await tab.texts("details li")).toContainEqual(expect.stringMatching(/^ops, of down: told at /));
    await tab.page.keyboard.press("g");
    await tab.page.keyboard.press("a");
    expect(await tab.value("location.hash")).toBe("#/alerts");
  });

  test("says that nothing is wrong and nobody is told; else the worst first, and words as words", async () => {
    const { url } = await browser.monitor();
    const tab = await browser.open(`${url}#/alerts`);
    await tab.page.waitForSelector("main code");
    await tab.page.waitForSelector("main .reason");
    expect(await tab.text("main .reason")).toBe("Nothing is wrong.");
    expect(await tab.text("main p:has(code)")).toMatch(
      /^Nobody is told: no receiver is set\. Set KISSBOT_MONITOR_ALERT_URL /,
    );
    const at = new Date().toISOString();
    const alert = {
      alert_id: "1",
      rule: `custom:${hostile}`,
      subject: hostile,
      subject_kind: "bot",
      severity: "warning",
      since: at,
      cause: hostile,
      facts: { [hostile]: hostile, lived_ms: 7_000 },
      ack: { by: hostile, why: hostile, at },
      told: [{ receiver: hostile, phase: "missed", at }],
    };
    const worse = { ...alert, alert_id: "2", rule: "down", severity: "critical", ack: null, told: [] };
    const answers: Readonly<Record<string, object>> = {
      alerts: { on: true, alerts: [alert, worse] },
      receivers: {
        receivers: [
          {
            name: hostile,
            kind: "webhook",
            state: "broken",
            since: at,
            detail: hostile,
            sent: 0,
            waiting: 2,
          },
          { name: "b", kind: "exec", state: "failing", since: at, detail: "no answer", sent: 0, waiting: 2 },
        ],
      },
      silences: {
        silences: [
          {
            silence_id: "s",
            channels: [hostile],
            rules: ["down"],
            until: at,
            by: hostile,
            why: hostile,
            active: true,
          },
          { silence_id: "t", channels: ["over"], rules: null, until: at, by: "", why: "", active: false },
        ],
      },
      "notices?limit=20": {
        notices: [
          {
            notice_id: "n",
            receiver: hostile,
            kind: "news",
            state: "failed",
            made_at: at,
            items: [{ kind: "down", rule: "down", subject: hostile }],
          },
        ],
      },
    };
    for (const [path, json] of Object.entries(answers))
      await tab.page.route(`${url}api/v1/${path}`, (route) => route.fulfill({ json }));
    await tab.page.reload();
    await tab.page.waitForSelector('section[aria-label="Messages"]');
    await tab.page.waitForSelector('section[aria-label="Silences"]');
    await tab.page.waitForSelector('section[aria-label="Who is told"]');
    const [first, second] = await tab.texts(".alerts li");
    expect(first).toMatch(/^down .*Nobody was told of it\.$/);
    expect(second).toContain(`${shown} ${shown} · lived 7 s`);
    expect(second).toContain(`Acknowledged by ${shown}: ${shown}`);
    expect(second).toContain(`Did not reach ${shown} at `);
    const [broken, failing] = await tab.texts('section[aria-label="Who is told"] tbody tr');
    expect(broken).toContain(`broken since`);
    expect(broken).toContain(`: ${shown}`);
    expect(failing).toContain("backing off since");
    const silences = await tab.texts('section[aria-label="Silences"] li');
    expect(silences).toEqual([expect.stringContaining(`${shown} (down) by ${shown} until `)]);
    expect(await tab.value("document.querySelectorAll('main img').length")).toBe(0);
    for (const width of [1_280, 360]) {
      await tab.page.setViewportSize({ width, height: 800 });
      expect(await tab.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }
    expect(await violationsOf(tab)).toEqual([]);
  });

  test("shows an answer that takes longer than the time between two words of the monitor", async () => {
    const { url } = await browser.monitor();
    const tab = await browser.open(`${url}#/`);
    // Each word has the silences asked for anew.
    let words = 0;
    await tab.page.route(`${url}api/v1/silences`, (route) => {
      words++;
      return route.continue();
    });
    await tab.page.route(`${url}api/v1/alerts`, async (route) => {
      const asked = words;
      await until("two words of the monitor", () => words >= asked + 2, { timeoutMs: 60_000 });
      // A page that asks anew with each word has given this question up.
      await route.continue().catch(() => undefined);
    });
    await tab.page.click("nav a >> text=Alerts");
    await tab.page.waitForSelector("main .reason", { timeout: 40_000 });
    expect(await tab.text("main .reason")).toBe("Nothing is wrong.");
  }, 120_000);

  test("lets whoever came with the token for writing acknowledge an alert, and nobody else", async () => {
    const ops = await RecordingReceiver.start("ops");
    browser.later(() => ops[Symbol.asyncDispose]());
    const [httpToken, httpWriteToken] = ["a-token-of-a-test-0123456789", "another-token-of-a-test-012345"];
    const { url, fleet } = await browser.monitor({ alerts: promptAlerts(ops), httpToken, httpWriteToken });
    fleet.bring(httpToken);
    const bot = await fleet.bot("twitch/a");
    await fleet.seen(1);
    await bot.die();
    const [reader, writer] = await Promise.all(
      [httpToken, httpWriteToken].map(async (token) => {
        const tab = await browser.open(`${url}#/alerts`);
        tab.expect(/401/);
        await tab.page.fill("#token", token);
        await tab.page.keyboard.press("Enter");
        await tab.page.waitForSelector(".alerts li");
        return tab;
      }),
    );
    for (const width of [1_280, 360]) {
      await writer?.page.setViewportSize({ width, height: 800 });
      expect(await writer?.value("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      expect(await violationsOf(writer as Tab)).toEqual([]);
    }
    await writer?.page.fill("[name=by]", "anna");
    await writer?.page.fill("[name=why]", hostile);
    await writer?.page.keyboard.press("Enter");
    await writer?.page.waitForSelector(".alerts >> text=Acknowledged by anna");
    await reader?.page.waitForSelector(".alerts >> text=Acknowledged by anna");
    expect(await writer?.texts(".alerts form")).toEqual([]);
    expect(await reader?.text(".alerts li")).toContain(`Acknowledged by anna: ${shown}`);
  });
});

async function violationsOf(tab: Tab): Promise<unknown> {
  await tab.page.evaluate(axe.source);
  return await tab.value("axe.run().then(({ violations }) => violations.map(({ id }) => id))");
}
