import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { areTested } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipeScene } from "./recipe-scene.js";
import { Telegram } from "./telegram.js";
import { channel, testsTelegramBot } from "./telegram-bot.js";

const keys = { TELEGRAM_TOKEN: "secret", OPENAI_API_KEY: "key" };

/** Somebody asks, and the bot answers. */
async function works(telegram: Telegram): Promise<void> {
  const before = telegram.heard.length;
  telegram.say("/ask what is it?");
  await until("the bot answers", () => telegram.heard.length > before, patience);
  expect(telegram.heard.at(-1)).toBe("42");
}

describe.skipIf(!areTested)("the recipe for grammY", () => {
  test("shows calls of the model, trouble with Telegram while it lasts, and the goodbye [trial/B4]", async () => {
    const telegram = await new Telegram().start();
    await using scene = RecipeScene.open("grammy", telegram);
    await scene.startMonitor();
    const bot = scene.startBot("bot.mjs", keys);
    await scene.sees(channel, { status: "online", trouble: null });
    await works(telegram);
    await until("the call of the model is stored", async () => (await scene.calls(channel)) === 1, patience);

    await until("the bot polls", () => telegram.isPolled, patience);
    telegram.limit();
    const limited = await scene.hears(channel, /Too Many Requests/);
    await works(telegram);
    await scene.sees(channel, { trouble: null });
    telegram.goDown();
    const away = "Telegram: getUpdates failed";
    await scene.sees(channel, { status: "online", trouble: away });
    for (const words of [limited, away]) expect(scene.page.shows(words)).toBe(true);
    expect(await scene.bots()).toMatch(/in trouble.*Telegram: getUpdates failed/);
    telegram.comeBack();
    await works(telegram);
    await scene.sees(channel, { status: "online", trouble: null });

    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
    await scene.sees(channel, { status: "offline", trouble: null });
  });

  testsTelegramBot("grammy", keys, works);
});
