import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Child, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { root } from "../document.js";
import { isInstalled } from "../toolchain.js";
import { IrcServer } from "./irc-server.js";
import { isStrict } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipeScene } from "./recipe-scene.js";

const channel = "irc/my_bot";
const hasPython = isInstalled("python");
if (!hasPython && !isStrict) console.warn("SKIPPED: no python3 on this machine; docs/recipes/python.md");

/** With the client installed as the page says. */
async function open(): Promise<RecipeScene> {
  const scene = RecipeScene.open("python");
  symlinkSync(root, join(scene.folder, "kissbot-monitor"));
  for (const block of scene.page.commands)
    expect(await Child.run("sh", ["-euc", block], { folder: scene.folder })).toMatchObject({ code: 0 });
  return scene;
}

function startBot(scene: RecipeScene, file: string, env: Record<string, string> = {}): Child {
  const environment = scene.environment({ PYTHONDONTWRITEBYTECODE: "1", ...env });
  return scene.own(
    new Child("python3", [join(scene.folder, file)], { folder: scene.folder, env: environment }),
  );
}

const server = (irc: IrcServer) => ({ IRC_HOST: "127.0.0.1", IRC_PORT: `${irc.port}` });

/** Somebody asks, and the bot answers. */
async function works(irc: IrcServer): Promise<void> {
  const before = irc.heard.length;
  await until("the bot is in the room", () => irc.isJoined, patience);
  irc.say("!ping");
  await until("the bot answers", () => irc.heard.length > before, patience);
  expect(irc.heard.at(-1)).toBe("pong");
}

describe.skipIf(!hasPython && !isStrict)("the recipe for Python", () => {
  test("shows the bot on asyncio online, in trouble while the server is away, and its goodbye [trial/B4]", async () => {
    await using irc = await new IrcServer().start();
    await using scene = await open();
    await scene.startMonitor();
    const bot = startBot(scene, "bot.py", server(irc));
    await scene.sees(channel, { status: "online", trouble: null });
    await works(irc);
    await until("the call of the model is stored", async () => (await scene.calls(channel)) === 1, patience);

    irc.hangUp();
    await scene.hears(channel, /^IRC: connection closed$/);
    await works(irc);
    await irc.stop();
    await scene.sees(channel, { status: "online", trouble: "IRC: no connection" });
    for (const words of ["IRC: connection closed", "IRC: no connection"])
      expect(scene.page.shows(words)).toBe(true);
    expect(await scene.bots()).toMatch(/in trouble.*IRC: no connection/);
    await irc.start();
    await works(irc);
    await scene.sees(channel, { status: "online", trouble: null });

    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null, stderr: "" });
    await scene.sees(channel, { status: "offline" });
    const killed = startBot(scene, "bot.py", server(irc));
    await scene.sees(channel, { status: "online", pid: killed.pid });
    await killed.kill();
    await scene.sees(channel, { status: "dead", pid: killed.pid });
  });

  test("shows the bot with threads, what they report, and its goodbye [trial/B4]", async () => {
    await using scene = await open();
    await scene.startMonitor();
    const bot = startBot(scene, "threaded.py");
    await scene.sees("worker/my_bot", { status: "online" });
    for (const name of ["rounds_0", "rounds_1"])
      await until(
        `${name} is stored`,
        async () => (await scene.metric("worker/my_bot", name)) === 1,
        patience,
      );
    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null, stderr: "" });
    await scene.sees("worker/my_bot", { status: "offline" });
  });

  test("the bot answers and ends as usual where there is no monitor [trial/B4]", async () => {
    await using irc = await new IrcServer().start();
    await using scene = await open();
    const bot = startBot(scene, "bot.py", server(irc));
    await works(irc);
    irc.hangUp();
    await until("the bot has left", () => !irc.isJoined, patience);
    await works(irc);
    bot.signal("SIGINT");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: 0, signal: null, stderr: "" });
  });
});
