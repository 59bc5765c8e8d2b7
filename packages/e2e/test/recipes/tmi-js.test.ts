import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { areTested } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipeScene } from "./recipe-scene.js";
import { Twitch } from "./twitch.js";

const channel = "twitch/my_bot";
const token = { TWITCH_TOKEN: "oauth:secret" };

/** Somebody asks, and the bot answers. */
async function works(twitch: Twitch): Promise<void> {
  const before = twitch.heard.length;
  await until("the bot is in the room", () => twitch.isJoined, patience);
  twitch.say("!ping");
  await until("the bot answers", () => twitch.heard.length > before, patience);
  expect(twitch.heard.at(-1)).toBe("pong");
}

describe.skipIf(!areTested)("the recipe for tmi.js", () => {
  test("shows the bot online, in trouble while Twitch is away, and offline after its goodbye [trial/B4]", async () => {
    const twitch = await new Twitch().start();
    await using scene = RecipeScene.open("tmi-js", twitch);
    await scene.startMonitor();
    const bot = scene.startBot("bot.mjs", token);
    await scene.sees(channel, { status: "online", trouble: null });
    await works(twitch);

    twitch.limitRate();
    await until(
      "the rate limit is counted",
      async () => (await scene.metric(channel, "rate_limited")) === 1,
      patience,
    );

    twitch.isDown = true;
    for (const socket of twitch.sockets) socket.close();
    for (const words of ["Twitch: connection closed", "Twitch: Unable to connect."]) {
      await scene.hears(channel, new RegExp(`^${words}$`));
      expect(scene.page.shows(words)).toBe(true);
    }
    expect(await scene.bots()).toMatch(/in trouble.*Twitch: Unable to connect\./);
    twitch.comeBack();
    await scene.sees(channel, { status: "online", trouble: null });
    await works(twitch);

    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
    await scene.sees(channel, { status: "offline", trouble: null });
  });

  test("tells why the bot died where Twitch refuses its login, and that it was killed [trial/B4]", async () => {
    const twitch = await new Twitch().start();
    await using scene = RecipeScene.open("tmi-js", twitch);
    await scene.startMonitor();
    twitch.refusesLogin = true;
    const refused = scene.startBot("bot.mjs", token);
    expect(await refused.ends(patience.timeoutMs)).toMatchObject({ code: 1 });
    const { status_cause } = await scene.sees(channel, { status: "dead" });
    expect(status_cause).toContain("LoginRefused");
    expect(scene.page.shows(status_cause as string), status_cause as string).toBe(true);

    twitch.refusesLogin = false;
    const bot = scene.startBot("bot.mjs", token);
    await scene.sees(channel, { status: "online", pid: bot.pid });
    await bot.kill();
    await scene.sees(channel, { status: "dead", pid: bot.pid });
  });

  test("the bot answers and ends as usual where there is no monitor [trial/B4]", async () => {
    const twitch = await new Twitch().start();
    await using scene = RecipeScene.open("tmi-js", twitch);
    const bot = scene.startBot("bot.mjs", token);
    await works(twitch);
    for (const socket of twitch.sockets) socket.terminate();
    await until("the bot has left", () => !twitch.isJoined, patience);
    await works(twitch);
    bot.signal("SIGINT");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
  });
});
