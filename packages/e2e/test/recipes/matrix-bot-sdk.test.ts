import { fileURLToPath } from "node:url";
import { type Child, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { Homeserver } from "./homeserver.js";
import { areTested } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipeScene } from "./recipe-scene.js";

const channel = "matrix/my_bot";
const withoutCrypto = fileURLToPath(new URL("./children/without-crypto.cjs", import.meta.url));

/** The SDK without its addon for encryption, which only an install script could bring. */
function startBot(scene: RecipeScene): Child {
  const { NODE_OPTIONS = "" } = scene.environment();
  return scene.startBot("bot.mjs", {
    MATRIX_TOKEN: "secret",
    NODE_OPTIONS: `${NODE_OPTIONS} --require=${withoutCrypto}`,
  });
}

/** Somebody asks, once the bot is there, and the bot answers. */
async function works(homeserver: Homeserver): Promise<void> {
  const before = homeserver.heard.length;
  let asked = 0;
  await until(
    "the bot answers",
    () => {
      if (performance.now() - asked > 1_000) {
        asked = performance.now();
        homeserver.say("!ping");
      }
      return homeserver.heard.length > before;
    },
    patience,
  );
  expect(homeserver.heard.at(-1)).toBe("pong");
}

describe.skipIf(!areTested)("the recipe for matrix-bot-sdk", () => {
  test("shows trouble with the homeserver while it lasts, and the goodbye [trial/B4]", async () => {
    const homeserver = await new Homeserver().start();
    await using scene = RecipeScene.open("matrix-bot-sdk", homeserver);
    await scene.startMonitor();
    const bot = startBot(scene);
    await scene.sees(channel, { status: "online", trouble: null });
    await works(homeserver);

    homeserver.refuse("M_LIMIT_EXCEEDED");
    const limited = "homeserver: M_LIMIT_EXCEEDED";
    await scene.sees(channel, { status: "online", trouble: limited });
    homeserver.refusal = null;
    await works(homeserver);
    await scene.sees(channel, { status: "online", trouble: null });
    homeserver.goDown();
    const away = await scene.hears(channel, /^homeserver: E/);
    for (const words of [limited, away]) expect(scene.page.shows(words), words).toBe(true);
    expect(await scene.bots()).toMatch(/in trouble.*homeserver: E/);
    homeserver.comeBack();
    await works(homeserver);
    await scene.sees(channel, { status: "online", trouble: null });

    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
    await scene.sees(channel, { status: "offline", trouble: null });
  });

  test("tells that the token is refused, before and while the bot runs, and that it was killed [trial/B4]", async () => {
    const homeserver = await new Homeserver().start();
    await using scene = RecipeScene.open("matrix-bot-sdk", homeserver);
    await scene.startMonitor();
    homeserver.refuse("M_UNKNOWN_TOKEN");
    const refused = startBot(scene);
    expect(await refused.ends(patience.timeoutMs)).toMatchObject({ code: 1 });
    const { status_cause } = await scene.sees(channel, { status: "dead" });
    expect(scene.page.shows(status_cause as string), status_cause as string).toBe(true);

    homeserver.refusal = null;
    const bot = startBot(scene);
    await scene.sees(channel, { status: "online", pid: bot.pid });
    await works(homeserver);
    homeserver.refuse("M_UNKNOWN_TOKEN");
    const { trouble } = await scene.sees(channel, { trouble: "homeserver: M_UNKNOWN_TOKEN" });
    expect(scene.page.shows(trouble as string)).toBe(true);
    await bot.kill();
    await scene.sees(channel, { status: "dead", pid: bot.pid });
  });

  test("the bot answers and ends as usual where there is no monitor [trial/B4]", async () => {
    const homeserver = await new Homeserver().start();
    await using scene = RecipeScene.open("matrix-bot-sdk", homeserver);
    const bot = startBot(scene);
    await works(homeserver);
    homeserver.goDown();
    homeserver.comeBack();
    await works(homeserver);
    bot.signal("SIGINT");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
  });
});
