import { expect, test } from "vitest";
import { patience } from "./patience.js";
import { RecipeScene } from "./recipe-scene.js";
import { Telegram } from "./telegram.js";

export const channel = "telegram/my_bot";

/**
 * What holds for a bot on Telegram, whichever library it has. `works`: somebody asks, and it
 * answers.
 */
export function testsTelegramBot(
  recipe: string,
  keys: Readonly<Record<string, string>>,
  works: (telegram: Telegram) => Promise<void>,
): void {
  test("tells why the bot died where Telegram refuses its token, and that it was killed [trial/B4]", async () => {
    const telegram = await new Telegram().start();
    await using scene = RecipeScene.open(recipe, telegram);
    await scene.startMonitor();
    telegram.refusesToken = true;
    const refused = scene.startBot("bot.mjs", keys);
    expect(await refused.ends(patience.timeoutMs)).toMatchObject({ code: 1 });
    const { status_cause } = await scene.sees(channel, { status: "dead" });
    expect(scene.page.shows(status_cause as string), status_cause as string).toBe(true);

    telegram.refusesToken = false;
    const bot = scene.startBot("bot.mjs", keys);
    await scene.sees(channel, { status: "online", pid: bot.pid });
    await bot.kill();
    await scene.sees(channel, { status: "dead", pid: bot.pid });
  });

  test("the bot answers and ends as usual where there is no monitor [trial/B4]", async () => {
    const telegram = await new Telegram().start();
    await using scene = RecipeScene.open(recipe, telegram);
    const bot = scene.startBot("bot.mjs", keys);
    await works(telegram);
    telegram.goDown();
    telegram.comeBack();
    await works(telegram);
    bot.signal("SIGINT");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
  });
}
