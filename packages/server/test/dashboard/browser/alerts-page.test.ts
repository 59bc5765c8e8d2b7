import { until } from "@kissbot/testkit";
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
      alerts: { on: true, total: 3_200, next: "a", alerts: [alert, worse] },
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
    expect(await tab.texts("main > .dim")).toEqual(["and 3,198 alerts more"]);
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
    expect(await tab.violations()).toEqual([]);
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

  /** A dead bot with an alert, and tabs of two people: the second may write. */
  async function deadBot(): Promise<{ readonly url: string; readonly reader: Tab; readonly writer: Tab }> {
    const ops = await RecordingReceiver.start("ops");
    browser.later(() => ops[Symbol.asyncDispose]());
    const [httpToken, httpWriteToken] = ["a-token-of-a-test-0123456789", "another-token-of-a-test-012345"];
    const { url, fleet } = await browser.monitor({ alerts: promptAlerts(ops), httpToken, httpWriteToken });
    fleet.bring(httpToken);
    const bot = await fleet.bot("twitch/a");
    await fleet.seen(1);
    await bot.die();
    const logIn = async (token: string) => {
      const tab = await browser.open(`${url}#/alerts`);
      tab.expect(/401/);
      await tab.page.fill("#token", token);
      await tab.page.keyboard.press("Enter");
      await tab.page.waitForSelector(".alerts li");
      return tab;
    };
    return { url, reader: await logIn(httpToken), writer: await logIn(httpWriteToken) };
  }

  test("lets whoever came with the token for writing acknowledge an alert by keys, and nobody else", async () => {
    const { reader, writer } = await deadBot();
    await writer.page.focus(".alerts summary >> text=Acknowledge");
    await writer.page.keyboard.press("Enter");
    expect(await writer.wrongLooks()).toEqual([]);
    await writer.page.keyboard.press("Tab");
    await writer.page.keyboard.type("anna");
    await writer.page.keyboard.press("Tab");
    await writer.page.keyboard.type(hostile);
    await writer.page.keyboard.press("Enter");
    await writer.page.waitForSelector(".alerts >> text=Acknowledged by anna");
    await reader.page.waitForSelector(".alerts >> text=Acknowledged by anna");
    expect(await writer.texts(".alerts summary")).toEqual(["Silence this bot"]);
    expect(await reader.text(".alerts li")).toContain(`Acknowledged by anna: ${shown}`);
    expect(await reader.texts("main :is(summary, form, button)")).toEqual([]);
  });

  test("lets whoever may write silence an alert, a bot or a pattern for a time, and end that, and nobody else", async () => {
    const { url, reader, writer } = await deadBot();
    const silences = 'section[aria-label="Silences"]';
    expect(await reader.page.locator(silences).count()).toBe(0);
    const silence = async (tab: Tab, form: string, seconds: string, channels = "") => {
      await tab.page.click(`${form} summary >> text=Silence`);
      expect(await tab.texts(`${form} [name=for_s] option`)).toEqual(
        ["15 minutes", "1 hour", "4 hours", "1 day"].map((one) => `for ${one}`),
      );
      await tab.page.selectOption(`${form} [name=for_s]`, seconds);
      if (channels !== "") await tab.page.fill(`${form} [name=channels]`, channels);
      // Whoever was asked once who they are is not asked again.
      const by = `${form} details:has([name=for_s]) [name=by]`;
      if ((await tab.page.inputValue(by)) === "") await tab.page.fill(by, "anna");
      await tab.page.fill(`${form} details:has([name=for_s]) [name=why]`, hostile);
      expect(await tab.wrongLooks()).toEqual([]);
      await tab.page.keyboard.press("Enter");
      await tab.page.waitForSelector(`${form} >> text=Silenced.`);
    };
    await silence(writer, ".alerts", "900");
    await reader.page.waitForSelector(silences);
    await writer.page.reload();
    await writer.page.waitForSelector(`${silences} summary`);
    await silence(writer, silences, "86400", "twitch/*, discord/*");
    await writer.page.goto(`${url}#/bots/twitch%2Fa`);
    await silence(writer, ".changes", "3600");
    await writer.page.goto(`${url}#/alerts`);
    const rows = async () =>
      (await reader.texts(`${silences} li`)).map((row) => row.replace(/\d\d:\d\d:\d\d/, "TIME"));
    const row = (what: string) =>
      expect.stringMatching(new RegExp(`^${what} by anna until (\\S+ \\S+ )?TIME: `));
    await until("all three are there", async () => (await rows()).length === 3);
    const all = [row("twitch/a \\(down\\)"), row("twitch/\\*, discord/\\*"), row("twitch/a")];
    expect(await rows()).toEqual(expect.arrayContaining(all));
    expect((await rows())[0]).toContain(shown);
    expect(await reader.texts("main :is(summary, form, button)")).toEqual([]);
    await until("each can be ended", async () => (await writer.texts(`${silences} li button`)).length === 3);
    await writer.page.click('button[aria-label="End the silence of twitch/*, discord/*"]');
    await until("it is over", async () => (await rows()).length === 2);
    expect(await rows()).not.toContainEqual(row("twitch/\\*, discord/\\*"));
  });

  test("lets whoever may write forget a bot that is not online, after saying what that means, and nobody else", async () => {
    const { url, reader, writer } = await deadBot();
    for (const tab of [reader, writer]) {
      await tab.page.goto(`${url}#/bots/twitch%2Fa`);
      await tab.page.waitForSelector(".bot-title");
    }
    await writer.page.focus("summary >> text=Forget this bot");
    await writer.page.keyboard.press("Enter");
    const form = "details:has(p) form";
    expect(await writer.text(form)).toMatch(
      /Its history stays, .* when it is heard again\. ?Forget this bot$/,
    );
    expect(await writer.wrongLooks()).toEqual([]);
    expect(await reader.texts(".changes, main form")).toEqual([]);
    await writer.page.fill(`${form} [name=by]`, "anna");
    await writer.page.keyboard.press("Tab");
    await writer.page.keyboard.press("Enter");
    for (const tab of [reader, writer]) await tab.page.waitForSelector("text=The monitor knows no bot");
    await writer.page.goto(`${url}#/events`);
    // The history is read anew with the page.
    await writer.page.reload();
    await writer.page.waitForSelector("tbody tr >> text=/forgotten by anna/");
  });

  test("offers to silence a bot that is online, but not to forget it, and says why something was refused", async () => {
    const httpToken = "a-token-of-a-test-0123456789";
    const { url, fleet } = await browser.monitor({ httpToken, httpWriteToken: `${httpToken}-w` });
    fleet.bring(httpToken);
    await fleet.online(["twitch/b"]);
    const tab = await browser.open(`${url}#/bots/twitch%2Fb`);
    tab.expect(/401/, /400/);
    await tab.page.fill("#token", `${httpToken}-w`);
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForSelector(".changes");
    expect(await tab.texts(".changes summary")).toEqual(["Silence this bot"]);
    await tab.page.click(".changes summary");
    await tab.page.fill(".changes [name=by]", "  ");
    await tab.page.fill(".changes [name=why]", "deploy");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForSelector(".changes [role=status] >> text=/^by: expected .*/");
  });
});
