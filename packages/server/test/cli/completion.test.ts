import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, killChildren, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bot } from "./bot.js";
import { FakeMonitor, freePort } from "./fake-monitor.js";
import { run } from "./program-run.js";

const main = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist", "main.js");
const place = new TemporaryFolder("cli");
const bin = place.file("bin");
const script = place.file("completion.bash");
const odd = [
  "twitch/main",
  "twitch/other",
  "a b",
  "x$(touch pwned)`touch pwned`",
  "discord:lounge",
  "bad\nline",
];
let monitor: FakeMonitor;

beforeAll(async () => {
  mkdirSync(bin);
  writeFileSync(join(bin, "kissbot-monitor"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  symlinkSync(process.execPath, join(bin, "node"));
  writeFileSync(script, (await run(["completion", "bash"])).stdout);
  monitor = await new FakeMonitor({
    "/api/v1/bots": { body: { bots: odd.map((name) => bot(name)) } },
  }).start();
});
afterAll(async () => {
  await killChildren();
  await monitor[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

/** What a real bash offers behind this line. */
async function offered(line: string, env: Record<string, string> = {}): Promise<string[]> {
  const ask = `source '${script}'
complete -p kissbot-monitor >&2
COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=(kissbot-monitor) COMP_CWORD=1
_kissbot_monitor
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await Child.run("bash", ["--norc", "-c", ask, "bash", line], {
    folder: place.path,
    env: { PATH: `${bin}:${process.env["PATH"]}`, ...env },
    limitMs: 60_000,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "complete -F _kissbot_monitor kissbot-monitor\n" });
  return stdout
    .split("\n")
    .filter((word) => word !== "")
    .sort();
}

describe("completion in bash", () => {
  test("offers the commands, and those of a command [trial/O10]", async () => {
    const { stdout } = await run(["--help"]);
    const listed = [...stdout.matchAll(/^ {2}(\w+)(?:\|\w+)? .*/gm)].map(([, name = ""]) => name);
    const commands = await offered("kissbot-monitor ");
    expect(commands).toEqual(
      expect.arrayContaining(["bots", "completion", "events", "export", "start", "usage"]),
    );
    for (const name of commands) expect(listed).toContain(name);
    expect(await offered("kissbot-monitor ex")).toEqual(["export"]);
    expect(await offered("kissbot-monitor send he")).toEqual(["heartbeat"]);
    expect(await offered("kissbot-monitor completion ")).toEqual(["bash"]);
    expect(await offered("kissbot-monitor nonsense ")).toEqual(commands);
  });

  test.each(["events", "usage", "export", "bots", "status", "doctor", "send heartbeat", "start"])(
    "offers every flag of %s that its help has [trial/O10][packaging/K5]",
    async (command) => {
      const { stdout } = await run([...command.split(" "), "--help"]);
      const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = ""]) => flag);
      expect(flags.length).toBeGreaterThan(2);
      expect(await offered(`kissbot-monitor ${command} --`)).toEqual([...new Set(flags)].sort());
    },
  );

  test("offers the values of a flag, also several and behind = [trial/O10]", async () => {
    const statuses = ["dead", "offline", "online", "stale"];
    expect(await offered("kissbot-monitor events --status ")).toEqual(statuses);
    expect(await offered("kissbot-monitor events --status dead,o")).toEqual(["dead,offline", "dead,online"]);
    expect(await offered("kissbot-monitor events --status dead,")).not.toContain("dead,dead");
    expect(await offered("kissbot-monitor events --status=d")).toEqual(["dead"]);
    expect(await offered("kissbot-monitor usage --order ")).toEqual(["calls", "cost", "time", "tokens"]);
    expect(await offered("kissbot-monitor export usage --format j")).toEqual(["jsonl"]);
    expect(await offered("kissbot-monitor events --cause sil")).toEqual(["silent", "silent_at_start"]);
    expect(await offered("kissbot-monitor events --limit ")).toEqual([]);
  });

  test("offers what stands beside the flags [trial/O10]", async () => {
    expect(await offered("kissbot-monitor export ")).toEqual(["events", "usage"]);
    const env = { KISSBOT_MONITOR_HTTP: `${monitor.port}` };
    expect(await offered("kissbot-monitor bot twitch/o", env)).toEqual(["twitch/other"]);
    expect(await offered("kissbot-monitor bots --status crash", env)).toEqual(["crash_loop"]);
    expect(await offered("kissbot-monitor bots --sort me", env)).toContain("memory");
  });

  test("offers files where one is wanted [trial/O10]", async () => {
    expect(await offered("kissbot-monitor events --store compl")).toEqual(["completion.bash"]);
    expect(await offered("kissbot-monitor backup compl")).toEqual(["completion.bash"]);
  });

  test("offers the running monitor's bots, and runs nothing that a name says [trial/O10]", async () => {
    const env = { KISSBOT_MONITOR_HTTP: `${monitor.port}` };
    expect(await offered("kissbot-monitor events --channel tw", env)).toEqual([
      "twitch/main",
      "twitch/other",
    ]);
    expect(await offered(`kissbot-monitor usage --http ${monitor.port} --channel twitch/m`)).toEqual([
      "twitch/main",
    ]);
    expect(await offered("kissbot-monitor events --channel a", env)).toEqual(["a\\ b"]);
    expect(await offered("kissbot-monitor events --channel x", env)).toEqual([
      "x\\$\\(touch\\ pwned\\)\\`touch\\ pwned\\`",
    ]);
    // Bash breaks words at a colon, and replaces only what stands behind it.
    expect(await offered("kissbot-monitor events --channel discord:lo", env)).toEqual(["lounge"]);
    expect(await offered("kissbot-monitor events --channel bad", env)).toEqual([]);
    const { stdout } = await Child.run("ls", [place.path]);
    expect(stdout).not.toContain("pwned");
  });

  test("is silent and quick where no monitor answers [trial/O10]", async () => {
    const env = { KISSBOT_MONITOR_HTTP: `${await freePort()}` };
    expect(await offered("kissbot-monitor events --channel ", env)).toEqual([]);
    const hanging = { KISSBOT_MONITOR_HTTP: "10.255.255.1:7788" };
    const startedMs = performance.now();
    expect(await offered("kissbot-monitor events --channel ", hanging)).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(await offered("kissbot-monitor events --channel ", { KISSBOT_MONITOR_HTTP: "nonsense" })).toEqual(
      [],
    );
  });
});

test("another shell is answered with those that there are [trial/O10]", async () => {
  const { code, stderr } = await run(["completion", "fish"]);
  expect(code).toBe(2);
  expect(stderr).toContain("fish");
});
