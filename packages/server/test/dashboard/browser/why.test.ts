import process from "node:process";
import { openStore } from "@kissbot/store";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";
import type { Tab } from "./tab.js";

const silent = { interval_s: 0.1 };

/** Opens the page of a bot, and waits until its reason is this. */
async function reason(tab: Tab, url: string, channel: string, wanted: RegExp): Promise<void> {
  let found = "";
  await tab.page.goto(`${url}#/bots/${encodeURIComponent(channel)}`);
  await until(
    `the page says of ${channel}: ${wanted}`,
    async () => {
      // A page that is drawn anew has none for a moment.
      found = (await tab.texts(".reason")).join();
      return wanted.test(found);
    },
    { describe: () => found },
  );
  expect(found).not.toMatch(/undefined|null|NaN|Infinity/);
}

describe.skipIf(browserPath === null)("the reason on the page", () => {
  const browser = TestBrowser.forFile();

  test("is that of real processes: gone, in a loop, busy, stopped, unseen, twice, in trouble, gone while the monitor was off [page/R2]", async () => {
    const { url, fleet } = await browser.monitor({ staleTimeoutMs: 1_000 }, async ({ database }) => {
      // As an earlier run of the monitor left it.
      const store = await openStore(database);
      const [startMs, seenMs, foundMs] = [60, 10, 1].map((minutes) => Date.now() - minutes * 60_000);
      await store.write({
        producer: "first",
        epoch: 1,
        seq: 1,
        bots: [
          {
            channel: "matrix/unwatched",
            pid: 4_194_301,
            status: "dead",
            featuresJson: "{}",
            registeredAtMs: startMs ?? 0,
            lastSeenMs: seenMs ?? 0,
            statusSinceMs: foundMs ?? 0,
            cause: "process 4194301 was gone at the monitor's start",
            causeCode: "gone_at_start",
          },
        ],
      });
      await store.close();
    });
    const tab = await browser.open(url);
    const silence = "^No heartbeat for .*\\d s";
    const busy = await fleet.bot("matrix/busy", silent, "for (;;);");
    const isBusy = `${silence}, though process ${busy.pid} lives and uses [1-9]\\d* % of a core`;
    await reason(tab, url, "matrix/busy", new RegExp(isBusy));
    await busy.die();
    const stopped = await fleet.bot("discord/stopped", silent);
    process.kill(stopped.pid, "SIGSTOP");
    await fleet.guest("slack/unseen", { ...silent, pid: 4_194_302 });
    const claimed = await fleet.bot("twitch/claimed");
    const gone = await fleet.bot("twitch/gone");
    for (const { channel } of [stopped, claimed, gone])
      await fleet.has(channel, (bot) => bot["process_seen"] === true);
    await gone.die();
    const rival = await fleet.rival(claimed);
    (await fleet.guest("twitch/left")).send("unregister");
    const guest = await fleet.guest("twitch/troubled");
    guest.send("heartbeat", { interval_s: 3_600, trouble: "gateway closed: 4004" });
    const losing = await fleet.guest("twitch/losing");
    losing.send("heartbeat", { interval_s: 3_600, dropped: 212 });
    for (let i = 0; i < 3; i++) {
      const looping = await fleet.bot("twitch/looping");
      await fleet.has("twitch/looping", (bot) => bot["pid"] === looping.pid && bot["process_seen"] === true);
      // As the client of Node does when an error ends its process.
      looping.send("heartbeat", { trouble: "exit 1: TokenInvalid at bot.js:12", interval_s: 3_600 });
      await fleet.has("twitch/looping", (bot) => bot["trouble"] !== null);
      await looping.die();
      await fleet.has("twitch/looping", (bot) => bot["status"] === "dead");
    }
    await fleet.bot("twitch/looping");
    for (const [channel, wanted] of [
      ["twitch/gone", `^Process ${gone.pid} is gone\\. It had lived .*\\. Dead for`],
      [
        "twitch/looping",
        "^Crash loop: died 3 times in 10 min, lives .* each time\\. The last one said: exit 1: TokenInvalid at bot\\.js:12\\. Crash loop for",
      ],
      [
        "discord/stopped",
        `${silence}, though process ${stopped.pid} lives but does nothing: hung, stopped or waiting\\? Stale for`,
      ],
      ["slack/unseen", `${silence}\\. Its process cannot be seen from here \\(container, other user\\)`],
      ["twitch/claimed", `^Processes (${claimed.pid} and ${rival.pid}|${rival.pid} and ${claimed.pid}) both`],
      ["twitch/troubled", "^It says: gateway closed: 4004 In trouble for"],
      ["twitch/losing", "^Its client lost 212 lines since its start\\. Online for"],
      ["twitch/left", "^Said goodbye at \\d\\d:\\d\\d:\\d\\d\\. Offline for"],
      [
        "matrix/unwatched",
        "^It died between [\\d:]+ \\(last heard\\) and [\\d:]+, while the monitor was off\\. ",
      ],
    ] as const)
      await reason(tab, url, channel, new RegExp(wanted));
  });

  test("is one line for a fifth of a platform that fell silent together, with a question [page/R2]", async () => {
    const { url, fleet } = await browser.monitor({ staleTimeoutMs: 1_000 });
    await fleet.online(Array.from({ length: 8 }, (_, i) => `twitch/bot${i}`));
    for (const name of ["a", "b", "c"]) await fleet.guest(`twitch/${name}`, silent);
    await fleet.until({ stale: 3, online: 8 });
    const tab = await browser.open(url);
    await tab.page.waitForSelector(".item");
    expect(await tab.texts(".item .condition")).toEqual(["stale"]);
    expect(await tab.text(".item .name")).toMatch(/^3 bots of twitch/);
    expect(await tab.text(".item .why")).toMatch(/^They fell silent at [\d:]+ within \d+ s: one cause\?/);
  });
});
