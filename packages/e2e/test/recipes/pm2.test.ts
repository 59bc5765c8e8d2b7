import { join } from "node:path";
import { Child, type Exit, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { areTested, librariesFolder } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipeScene, type SeenBot } from "./recipe-scene.js";

const names = ["my_bot#0", "my_bot#1"] as const;
const command = join(librariesFolder, "node_modules", ".bin", "pm2");

/** PM2 with a daemon of its own, which ends with it. */
class Pm2 implements AsyncDisposable {
  readonly #scene: RecipeScene;

  constructor(scene: RecipeScene) {
    this.#scene = scene;
    // The page names the operator's socket; the test has one of its own.
    const file = "ecosystem.config.cjs";
    const text = scene.page.files.get(file) ?? "";
    expect(text).toContain("/run/kissbot/monitor.sock");
    scene.write(file, text.replace("/run/kissbot/monitor.sock", scene.socketPath));
  }

  /** Runs a command line of the page. */
  async run(line: string): Promise<Exit> {
    const [, ...words] = line.split(" ");
    const env = { PM2_HOME: join(this.#scene.folder, ".pm2"), PM2_DISABLE_VERSION_CHECK: "true" };
    const exit = await new Child(command, words, {
      folder: this.#scene.folder,
      env,
      limitMs: patience.timeoutMs,
    }).exited;
    expect(exit.code, `${line}: ${exit.stdout}${exit.stderr}`).toBe(0);
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("pm2 kill");
  }
}

/** Both bots, once each is as expected. */
async function both(scene: RecipeScene, isMeant: (bot: SeenBot) => boolean): Promise<readonly SeenBot[]> {
  let bots: readonly SeenBot[] = [];
  await until(
    "both bots are as expected",
    async () => {
      bots = await scene.fleet();
      return names.every((name) => bots.some((bot) => bot.channel === name && isMeant(bot)));
    },
    { ...patience, describe: () => bots },
  );
  return bots;
}

describe.skipIf(!areTested)("the recipe for PM2", () => {
  test("shows each instance through start, reload, a kill and stop [trial/O3]", async () => {
    await using scene = RecipeScene.open("pm2");
    await scene.startMonitor();
    await using pm2 = new Pm2(scene);
    const [start = "", reload = "", stop = ""] = scene.page.commands.join("").split("\n");

    await pm2.run(start);
    const before = await both(scene, ({ status }) => status === "online");
    await pm2.run(reload);
    const isOld = (pid: number) => before.some((bot) => bot.pid === pid);
    const after = await both(scene, ({ status, pid }) => status === "online" && !isOld(pid));
    expect(after.map(({ restarts }) => restarts)).toEqual([0, 0]);

    const killed = after.find(({ channel }) => channel === names[0]) as SeenBot;
    process.kill(killed.pid, "SIGKILL");
    await scene.sees(names[0], { status: "online", restarts: 1 });
    expect((await scene.sees(names[0], {})).pid).not.toBe(killed.pid);

    await pm2.run(stop);
    await both(scene, ({ status }) => status === "offline");
  });

  test("shows a crash loop, which PM2 calls online [trial/O1]", async () => {
    await using scene = RecipeScene.open("pm2");
    await scene.startMonitor();
    await using pm2 = new Pm2(scene);
    const bot = scene.page.files.get("bot.mjs") ?? "";
    const crash = 'setTimeout(() => { throw new TypeError("no token"); }, 500);\n';
    scene.write("bot.mjs", `${bot}${crash}`);
    await pm2.run("pm2 start ecosystem.config.cjs");
    const bots = await both(scene, ({ crash_loop }) => crash_loop);
    expect(bots.map(({ channel }) => channel).sort()).toEqual([...names]);
    // The list says why in the moments when the process is gone, until PM2 has started the next
    // one.
    let words = "";
    await until(
      "the list says why, and how often",
      async () => {
        const why = /(exit 0: TypeError at bot\.mjs:\d+).*\d crashes in 10 min/.exec(await scene.bots());
        words = why?.[1] ?? "";
        return why !== null;
      },
      patience,
    );
    expect(scene.page.shows(words), words).toBe(true);
  });

  test("the bots run and stop as usual where there is no monitor [trial/B4]", async () => {
    await using scene = RecipeScene.open("pm2");
    await using pm2 = new Pm2(scene);
    await pm2.run("pm2 start ecosystem.config.cjs");
    const list = async () => JSON.parse((await pm2.run("pm2 jlist")).stdout) as readonly Listed[];
    for (const { pm2_env } of await list())
      expect(pm2_env).toMatchObject({ status: "online", restart_time: 0 });
    await pm2.run("pm2 stop my_bot");
    const stopped = await list();
    expect(stopped).toHaveLength(2);
    for (const { pm2_env } of stopped) expect(pm2_env).toMatchObject({ status: "stopped", exit_code: 0 });
  });
});

interface Listed {
  readonly pm2_env: { readonly status: string; readonly restart_time: number; readonly exit_code: number };
}
