import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Child, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { isStrict } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipePage } from "./recipe-page.js";
import { RecipeScene } from "./recipe-scene.js";

const namespaces = ["--pid", "--fork", "--mount-proc", "--kill-child"];
const hasNamespaces =
  process.platform === "linux" && spawnSync("unshare", [...namespaces, "true"]).status === 0;
if (!hasNamespaces && !isStrict)
  console.warn("SKIPPED: no process space of its own can be had here; docs/recipes/docker.md");

const page = new RecipePage("docker");
const dockerfile = page.files.get("Dockerfile") ?? "";

/** As a container runs the image: the command of its `CMD` is process 1, in the scene's folder. */
class Container {
  readonly process: Child;

  constructor(scene: RecipeScene) {
    const [command, ...args] = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
    expect(command).toBe("node");
    const settings = /^ENV (\w+)=(.*)$/m.exec(dockerfile);
    expect(settings?.slice(1)).toEqual(["KISSBOT_MONITOR_SOCKET", "/run/kissbot/monitor.sock"]);
    const env = { KISSBOT_MONITOR_SOCKET: scene.socketPath };
    const inside = [...namespaces, process.execPath, ...args];
    this.process = scene.own(new Child("unshare", inside, { folder: scene.folder, env }));
  }

  /**
   * What `docker stop` and `docker kill` do to process 1. Resolves with the code that Docker shows.
   */
  async signal(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const children = `/proc/${this.process.pid}/task/${this.process.pid}/children`;
    await until("the container runs", () => readFileSync(children, "utf8").trim() !== "", patience);
    process.kill(Number(readFileSync(children, "utf8").trim().split(" ")[0]), signal);
    return (await this.process.ends(patience.timeoutMs)).code;
  }
}

describe("the recipe for Docker", () => {
  test("has an image without root and a service that needs no monitor [trial/B4]", () => {
    expect(/^USER (.*)$/m.exec(dockerfile)?.[1]).toMatch(/^[1-9]\d*:7788$/);
    expect(/^FROM (.*)$/m.exec(dockerfile)?.[1]).toMatch(/^node:\d+-slim$/);
    const { services, volumes } = parse(page.files.get("compose.yaml") ?? "");
    expect(services.my_bot.volumes).toEqual(["kissbot-run:/run/kissbot:ro"]);
    expect(volumes["kissbot-run"]).toEqual({ external: true });
    expect(Object.keys(services.my_bot).sort()).toEqual(["build", "restart", "volumes"]);
    for (const [, name = ""] of dockerfile.matchAll(/^COPY (?!package)(\S+)/gm))
      expect(page.files.has(name), name).toBe(true);
  });

  test.skipIf(!hasNamespaces && !isStrict)(
    "shows the bot as process 1, and offline once it is stopped [trial/O3]",
    async () => {
      await using scene = RecipeScene.open("docker");
      await scene.startMonitor();
      const container = new Container(scene);
      await scene.sees("my_bot", { status: "online", pid: 1 });
      expect(await container.signal("SIGTERM")).toBe(143);
      await scene.sees("my_bot", { status: "offline" });
    },
  );

  test.skipIf(!hasNamespaces && !isStrict)(
    "shows a bot that was killed as stale, as its heartbeats are all that is seen [trial/O3]",
    async () => {
      await using scene = RecipeScene.open("docker");
      await scene.startMonitor(["--stale-timeout", "5s"]);
      const bot = page.files.get("bot.mjs") ?? "";
      expect(bot).toContain("start({ chat: true })");
      scene.write("bot.mjs", bot.replace("{ chat: true }", "{ chat: true }, { intervalMs: 1_000 }"));
      const container = new Container(scene);
      await scene.sees("my_bot", { status: "online", pid: 1 });
      await container.signal("SIGKILL");
      await scene.sees("my_bot", { status: "stale" });
    },
  );

  test.skipIf(!hasNamespaces && !isStrict)(
    "the bot runs and ends as usual where there is no monitor [trial/B4]",
    async () => {
      await using scene = RecipeScene.open("docker");
      const container = new Container(scene);
      await container.process.prints("working", patience.timeoutMs);
      expect(existsSync(scene.socketPath)).toBe(false);
      expect(await container.signal("SIGTERM")).toBe(143);
      expect(container.process.stderr).toBe("");
    },
  );
});
