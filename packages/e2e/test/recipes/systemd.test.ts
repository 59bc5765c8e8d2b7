import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Child } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { isStrict } from "./libraries.js";
import { patience } from "./patience.js";
import { RecipePage } from "./recipe-page.js";
import { RecipeScene } from "./recipe-scene.js";

const unitName = "my_bot.service";
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!hasSystemd && !isStrict)
  console.warn("SKIPPED: no systemd-analyze on this machine; the unit of docs/recipes/systemd.md");

/** The unit's directives. */
function directives(unit: string): ReadonlyMap<string, string> {
  return new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

/** As systemd starts the unit: its command and environment, in the scene's folder. */
function start(scene: RecipeScene, more: Readonly<Record<string, string>> = {}): Child {
  const unit = directives(scene.page.files.get(unitName) ?? "");
  const here = (text: string | undefined) => (text ?? "").replaceAll("/opt/my_bot", scene.folder);
  const [command, ...args] = here(unit.get("ExecStart")).split(" ");
  expect(command).toBe("/usr/bin/node");
  const [name = "", path] = (unit.get("Environment") ?? "").split("=");
  expect(path).toBe("/run/kissbot/monitor.sock");
  const env = { [name]: scene.socketPath, ...more };
  return scene.own(new Child(process.execPath, args, { folder: here(unit.get("WorkingDirectory")), env }));
}

describe("the recipe for systemd", () => {
  test.skipIf(!hasSystemd && !isStrict)(
    "has a unit with which systemd finds no fault [trial/O4]",
    async () => {
      await using scene = RecipeScene.open("systemd");
      const file = join(scene.folder, unitName);
      const unit = scene.page.files.get(unitName) ?? "";
      // Only the place of Node is this machine's.
      scene.write(unitName, unit.replace("/usr/bin/node", process.execPath));
      const verified = await Child.run("systemd-analyze", ["verify", "--man=no", file]);
      const complaints = `${verified.stdout}${verified.stderr}`.split("\n");
      expect(complaints.filter((line) => line.includes(unitName))).toEqual([]);
      scene.write(unitName, unit.replace("Restart=on-failure", "Restart=perhaps"));
      const faulty = await Child.run("systemd-analyze", ["verify", "--man=no", file]);
      expect(`${faulty.stdout}${faulty.stderr}`).toContain("perhaps");
    },
  );

  test("has no directive that Node cannot bear, or that ties the bot to the monitor [trial/O4]", () => {
    const unit = directives(new RecipePage("systemd").files.get(unitName) ?? "");
    for (const name of ["MemoryDenyWriteExecute", "PrivateNetwork", "Requires", "BindsTo", "PartOf"])
      expect(unit.has(name), name).toBe(false);
  });

  test("shows the bot online, offline once systemd stops it, and dead where it was killed [trial/O3]", async () => {
    await using scene = RecipeScene.open("systemd");
    await scene.startMonitor();
    const bot = start(scene);
    await scene.sees("my_bot", { status: "online" });
    bot.signal("SIGTERM");
    // For systemd an end by SIGTERM is a good one: `Restart=on-failure` does not act.
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: null, signal: "SIGTERM" });
    await scene.sees("my_bot", { status: "offline" });

    const killed = start(scene);
    await scene.sees("my_bot", { status: "online", pid: killed.pid });
    await killed.kill();
    await scene.sees("my_bot", { status: "dead" });
    const next = start(scene);
    await scene.sees("my_bot", { status: "online", pid: next.pid, restarts: 1 });
    // What a template unit sets for one of its instances.
    const instance = start(scene, { BOT_CHANNEL: "my_bot/red" });
    await scene.sees("my_bot/red", { status: "online", pid: instance.pid });
  });

  test("the bot runs and ends as usual where there is no monitor [trial/B4]", async () => {
    await using scene = RecipeScene.open("systemd");
    const bot = start(scene);
    await bot.prints("working", patience.timeoutMs);
    bot.signal("SIGTERM");
    expect(await bot.ends(patience.timeoutMs)).toMatchObject({ code: null, signal: "SIGTERM", stderr: "" });
  });
});
