import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { bot, health, nowMs } from "./bot.js";
import { FakeMonitor } from "./fake-monitor.js";
import { run } from "./program-run.js";

const root = join(import.meta.dirname, "../../../..");
const page = readFileSync(join(root, "docs/commands.md"), "utf8");
const common = ["Every command", "Where the monitor is", "Settings", "Times"];

/** The text of each part of the page, by its heading. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text]),
);

async function helpOf(...words: string[]): Promise<string> {
  return (await run([...words, "--help"])).stdout;
}

async function commandsOf(...words: string[]): Promise<string[]> {
  const help = await helpOf(...words);
  const listed = help.slice(help.indexOf("Commands:") === -1 && words.length > 0 ? help.length : 0);
  return [...listed.matchAll(/^ {2}([a-z][\w-]*)(?:\|\w+)?(?: |$)/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "kissbot-monitor");
}

/** The long and short flags of a command's help, without what stands in its examples. */
function flagsIn(help: string): string[] {
  const lines = help.split("\n").filter((line) => /^ {2}-/.test(line));
  return lines.flatMap((line) => line.slice(0, line.indexOf("  ", 3)).match(/--?[a-zA-Z][\w-]*/g) ?? []);
}

describe("docs/commands.md", () => {
  test("has a part for each command, and none for one that is none [trial/N6]", async () => {
    const commands = await commandsOf();
    expect(commands.length).toBeGreaterThan(9);
    expect([...sections.keys()].sort()).toEqual([...common, ...commands].sort());
  });

  test("names each flag of each command, there or in the parts for all of them [trial/N6]", async () => {
    const shared = common.map((name) => sections.get(name)).join("\n");
    const missing: string[] = [];
    for (const command of await commandsOf()) {
      const text = `${sections.get(command)}\n${shared}`;
      const words = [[command], ...(await commandsOf(command)).map((name) => [command, name])];
      for (const flag of (await Promise.all(words.map((all) => helpOf(...all)))).flatMap(flagsIn)) {
        if (!new RegExp(`\`${flag}[\` ]`).test(text)) missing.push(`${command} ${flag}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test("names no flag that its command does not have [trial/N6]", async () => {
    const strays: string[] = [];
    for (const command of await commandsOf()) {
      const words = [[command], ...(await commandsOf(command)).map((name) => [command, name])];
      const known = (await Promise.all(words.map((all) => helpOf(...all)))).flatMap(flagsIn);
      for (const [, flag = ""] of (sections.get(command) ?? "").matchAll(/`(--[a-z][\w-]*)/g)) {
        if (!known.includes(flag)) strays.push(`${command} ${flag}`);
      }
    }
    expect(strays).toEqual([]);
  });

  test("shows what bots prints of such a fleet at 80 columns [trial/N4]", async () => {
    const ago = (seconds: number) => timestampFromMs(nowMs - seconds * 1_000);
    const bots = [
      bot("twitch/main", {
        status: "dead",
        status_since: ago(192),
        status_cause: "Error: 401 Unauthorized: the token of this bot was revoked",
        last_seen: ago(193),
        cpu_pct: null,
        rss_mb: null,
        restarts: 1,
        pid: 29_342,
      }),
      bot("discord/quiz", {
        crash_loop: true,
        crashes_10m: 16,
        crash_life_ms: 2_040,
        status_since: ago(2),
        restarts: 41,
        pid: 30_518,
      }),
      bot("twitch/music", {
        status: "stale",
        status_since: ago(75),
        status_cause: "no heartbeat for 60 s",
        last_seen: ago(135),
        pid: 29_360,
      }),
      bot("matrix/bridge", { conflict: { pid: 29_457, since: ago(40) }, pid: 29_344 }),
      bot("discord/news", { trouble: "gateway closed", trouble_since: ago(120), pid: 29_346 }),
      bot("twitch/night", {
        status: "offline",
        status_since: ago(7_300),
        status_cause: "said goodbye",
        last_seen: ago(7_300),
        cpu_pct: null,
        rss_mb: null,
        pid: 29_350,
      }),
      bot("twitch/quotes", { status_since: ago(90_000), cpu_pct: 12, rss_mb: 1_340, pid: 29_351 }),
    ];
    const answers = { "/healthz": { body: health }, "/api/v1/bots": { body: { bots } } };
    await using monitor = await new FakeMonitor(answers).start();
    const environment = { COLUMNS: "80" };
    const { stdout } = await run(["bots", "--http", `${monitor.port}`], { environment, nowMs });
    const [, shown] = /```sh\nkissbot-monitor bots\n```\n+```text\n([\s\S]*?)```/.exec(page) ?? [];
    expect(shown).toBe(stdout);
  });
});
