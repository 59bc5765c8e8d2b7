import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { Discord } from "./discord.js";
import { areTested } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipeScene } from "./recipe-scene.js";

const [first, second] = ["discord/my_bot#0", "discord/my_bot#1"] as const;
const token = { DISCORD_TOKEN: "secret" };

/** Somebody asks on a shard, and the bot answers. */
async function works(discord: Discord, shard: number): Promise<void> {
  const before = discord.heard.length;
  await until(`shard ${shard} is there`, () => discord.shards.includes(shard), patience);
  discord.say("!ping", shard);
  await until("the bot answers", () => discord.heard.length > before, patience);
  expect(discord.heard.at(-1)).toBe("pong");
}

describe.skipIf(!areTested)("the recipe for discord.js", () => {
  test("shows each shard by itself: trouble, a crash, the next process, and the goodbyes [trial/B4]", async () => {
    const discord = await new Discord().start();
    await using scene = RecipeScene.open("discord-js", discord);
    await scene.startMonitor();
    const bot = scene.startBot("bot.mjs", token);
    await scene.sees(first, { status: "online", trouble: null });
    await scene.sees(second, { status: "online", trouble: null });
    await works(discord, 0);
    await works(discord, 1);

    discord.isDown = true;
    discord.close(1, 4000);
    const { trouble } = await scene.sees(second, { status: "online", trouble: "gateway: reconnecting" });
    expect(scene.page.shows(trouble as string)).toBe(true);
    expect(await scene.bots()).toMatch(/my_bot#1 +in trouble.*gateway: reconnecting/);
    await scene.sees(first, { status: "online", trouble: null });
    discord.comeBack();
    await scene.sees(second, { status: "online", trouble: null });
    await works(discord, 1);

    const killed = await scene.sees(first, { status: "online" });
    process.kill(killed.pid, "SIGKILL");
    await until(
      "the manager has started the shard again",
      async () => {
        const bots = await scene.fleet();
        return bots.some(
          ({ channel, pid, restarts }) => channel === first && pid !== killed.pid && restarts === 1,
        );
      },
      patience,
    );
    await works(discord, 0);

    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
    await scene.sees(first, { status: "offline" });
    await scene.sees(second, { status: "offline" });
  });

  test("says that calls are held back, and with which code the gateway closed for good [trial/B4]", async () => {
    const discord = await new Discord().start();
    await using scene = RecipeScene.open("discord-js", discord);
    await scene.startMonitor();
    const bot = scene.startBot("shard.mjs", token);
    await works(discord, 0);
    discord.limitS = 8;
    // discord.js learns from the first answers of which limit the call is; one of these has to
    // wait.
    for (let i = 0; i < 3; i++) discord.say("!ping");
    const limited = await scene.hears(first, /^rate limited for \d+ s$/);
    discord.limitS = 0;
    expect(scene.page.shows(limited.replace(/\d+/, "8"))).toBe(true);
    await scene.sees(first, { status: "online", trouble: null });

    discord.close(0, 4004);
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 1 });
    const { status_cause } = await scene.sees(first, { status: "dead" });
    expect(status_cause).toContain("GatewayClosed 4004");
    expect(scene.page.shows(status_cause as string), status_cause as string).toBe(true);
  });

  test("tells why the bot died where its token is refused [trial/B4]", async () => {
    const discord = await new Discord().start();
    await using scene = RecipeScene.open("discord-js", discord);
    await scene.startMonitor();
    discord.refusesToken = true;
    const bot = scene.startBot("shard.mjs", token);
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 1 });
    const { status_cause } = await scene.sees(first, { status: "dead" });
    expect(scene.page.shows(status_cause as string), status_cause as string).toBe(true);
  });

  test("the shards answer and end as usual where there is no monitor [trial/B4]", async () => {
    const discord = await new Discord().start();
    await using scene = RecipeScene.open("discord-js", discord);
    const bot = scene.startBot("bot.mjs", token);
    await works(discord, 0);
    await works(discord, 1);
    discord.close(0, 4000);
    await until("the shard is away", () => !discord.shards.includes(0), patience);
    await works(discord, 0);
    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null });
    await until("every shard has ended", () => discord.sockets.size === 0, patience);
  });
});
