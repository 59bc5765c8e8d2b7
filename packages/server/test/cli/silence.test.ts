import { readFileSync, writeFileSync } from "node:fs";
import { killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, expect, test } from "vitest";
import type { SilenceRow } from "../../src/cli/silence.js";
import { type Monitor, runCommand, startCommand, startMonitor } from "./command.js";
import { run } from "./program-run.js";

afterEach(killChildren);

const timeout = 180_000;
const timeoutMs = 30_000;

async function silences(monitor: Monitor, all = false): Promise<readonly SilenceRow[]> {
  const response = await fetch(`http://${monitor.at[1]}/api/v1/silences`);
  const { silences } = (await response.json()) as { silences: SilenceRow[] };
  return all ? silences : silences.filter(({ active }) => active);
}

/** A monitor in a folder, and its commands, over its control socket. */
async function startedIn(folder: string) {
  const monitor = await startMonitor(folder);
  const at = ["--socket", monitor.socketPath];
  // Flags stand before `--`.
  const withPlace = (args: readonly string[]) => {
    const split = args.indexOf("--");
    return split < 0 ? [...args, ...at] : [...args.slice(0, split), ...at, ...args.slice(split)];
  };
  const silence = {
    run: (...args: string[]) => runCommand(["silence", ...withPlace(args)], { folder }),
    start: (...args: string[]) => startCommand(["silence", ...withPlace(args)], { folder }),
    list: (...args: string[]) =>
      runCommand(["silence", "list", ...args, "--http", `${monitor.at[1]}`], { folder }),
  };
  return { monitor, silence };
}

test("a silence is added, listed with who, why and until, survives a restart, and is ended [alerts/A22]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  let { monitor, silence } = await startedIn(folder);
  expect(await silence.list()).toMatchObject({ code: 0, stdout: "No silence is active.\n" });
  for (const bad of [
    ["add", "twitch/*", "--for", "2h"],
    ["add", "twitch/*", "--for", "soon", "--why", "deploy"],
    ["add", "twitch/*", "--for", "31d", "--why", "deploy"],
    ["add", "twitch/*", "--for", "2h", "--why", " "],
    ["add", "--for", "2h", "--why", "deploy"],
  ]) {
    const at = ["--socket", monitor.socketPath];
    expect(await run(["silence", ...bad, ...at]), bad.join(" ")).toMatchObject({ code: 2 });
  }
  expect(await silences(monitor, true)).toEqual([]);
  // A sign beyond the first plane of Unicode counts once, as the monitor counts it.
  const signs = await silence.run("add", "b", "--for", "2h", "--why", "🤖".repeat(256), "--json");
  expect(signs).toMatchObject({ code: 0 });
  const { silence: ofSigns } = JSON.parse(signs.stdout) as { silence: SilenceRow };
  expect(await silence.run("end", ofSigns.silence_id)).toMatchObject({ code: 0 });

  const why = "a new version of the bots, which takes a while";
  const added = await silence.run(
    "add",
    "twitch/*",
    "a",
    "--for",
    "2h",
    "--why",
    why,
    "--by",
    "ops",
    "--utc",
  );
  expect(added).toMatchObject({ code: 0, stderr: "" });
  expect(added.stdout).toMatch(/^No notices about twitch\/\*, a until \S+ \S+ \(UTC\)\.\n/);
  const other = await silence.run("add", "*", "--for", "1h", "--why", "b", "--rule", "down", "--json");
  const { silence: second } = JSON.parse(other.stdout) as { silence: SilenceRow };
  expect(second).toMatchObject({ channels: ["*"], rules: ["down"], why: "b", active: true, ended_at: null });
  expect(second.by).not.toBe("");

  const list = await runCommand(["silence", "list", "--utc", "--http", `${monitor.at[1]}`], {
    folder,
    env: { COLUMNS: "80" },
  });
  expect(list.stdout).toContain("twitch/*, a");
  expect(list.stdout).toContain(why);
  for (const line of list.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);

  await until("both are stored", async () => (await silences(monitor)).length === 2);
  monitor.child.signal("SIGTERM");
  await monitor.child.exited;
  ({ monitor, silence } = await startedIn(folder));
  // The monitor answers before it has read what an earlier one stored.
  await until("both are known again", async () => (await silences(monitor)).length === 2);
  const [first] = await silences(monitor);
  expect(first).toMatchObject({ channels: ["twitch/*", "a"], by: "ops", why, active: true });

  const id = first?.silence_id ?? "";
  expect(await silence.run("end", id)).toMatchObject({ code: 0, stdout: `Ended: ${id}\n` });
  expect(await silence.run("end", id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no such silence is active"),
  });
  const several = await silence.run("end", id, second.silence_id);
  expect(several).toMatchObject({ code: 1, stdout: `Ended: ${second.silence_id}\n` });
  expect(await silences(monitor)).toEqual([]);
  expect((await silence.list("--all")).stdout.split("ended").length).toBe(4);
});

test("silence run passes the exit code on, and its silence ends with the command [alerts/A22]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const { monitor, silence } = await startedIn(place.path);
  const node = (script: string) => ["--", process.execPath, "-e", script];
  const passed = await silence.run(
    "run",
    "twitch/*",
    "--why",
    "deploy",
    ...node("console.log(1); process.exit(7)"),
  );
  expect(passed).toMatchObject({ code: 7, stdout: "1\n" });
  expect(passed.stderr).toContain("No notices about twitch/* while");
  expect(await silences(monitor)).toEqual([]);
  expect(await silences(monitor, true)).toMatchObject([
    { channels: ["twitch/*"], why: "deploy", ended_at: expect.any(String) },
  ]);
  const absent = await silence.run("run", "a", "--why", "b", "--", place.file("absent"));
  expect(absent).toMatchObject({ code: 127, stderr: expect.stringContaining("cannot be run") });
  expect(await silence.run("run", "a", "--why", "b")).toMatchObject({ code: 2 });
  expect(await silences(monitor)).toEqual([]);

  // A signal goes on to the command, which ends as it likes.
  const script = place.file("wait.js");
  writeFileSync(
    script,
    'process.on("SIGTERM", () => process.exit(9)); require("node:fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000);',
  );
  const started = silence.start("run", "a", "--why", "b", "--", process.execPath, script);
  await until("the command runs", () => readable(place.file("pid")) !== "", { timeoutMs });
  expect(await silences(monitor)).toHaveLength(1);
  started.signal("SIGTERM");
  expect(await started.exited).toMatchObject({ code: 9 });
  expect(await silences(monitor)).toEqual([]);

  const killed = await silence.run("run", "a", "--why", "b", ...node('process.kill(process.pid, "SIGKILL")'));
  expect(killed.code).toBe(128 + 9);
  expect(await silences(monitor)).toEqual([]);
});

test("the silence of silence run is made longer while the command runs, and ends by itself where it is killed [alerts/A22]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const { monitor, silence } = await startedIn(place.path);
  // It ends when nobody waits for it any more.
  const script = "const { ppid } = process; setInterval(() => process.ppid === ppid || process.exit(), 100)";
  const command = ["--", process.execPath, "-e", script];
  const started = silence.start("run", "a", "--why", "b", "--for", "3s", ...command);
  await until("the silence", async () => (await silences(monitor)).length === 1, { timeoutMs });
  const [first] = await silences(monitor);
  await until(
    "it is made longer twice",
    async () => {
      const [now] = await silences(monitor);
      return now !== undefined && Date.parse(now.until) - Date.parse(first?.until ?? "") > 1_500;
    },
    { timeoutMs },
  );
  started.signal("SIGKILL");
  await started.exited;
  await until("it is over", async () => (await silences(monitor)).length === 0, { timeoutMs });
  expect(await silences(monitor, true)).toMatchObject([{ active: false, ended_at: null }]);
});

test("silence run does not run the command where no silence can be made [alerts/A22]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  const command = ["--", process.execPath, "-e", 'require("node:fs").writeFileSync("ran", "")'];
  const at = ["--socket", place.file("kb.sock")];
  const done = await runCommand(["silence", "run", "a", "--why", "b", ...at, ...command], { folder });
  expect(done.code).toBe(1);
  expect(done.stderr).toContain("The command was not run: no monitor runs on");
  expect(() => readFileSync(place.file("ran"))).toThrow();
});

function readable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
