import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { allSettings } from "../../src/cli/setting-option.js";
import { environmentName, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { run } from "./program-run.js";

const commands = [
  "start",
  "demo",
  "status",
  "bots",
  "bot",
  "usage",
  "doctor",
  "backup",
  "restore",
  "send",
  "config",
];

test("alone it prints its help", async () => {
  const { code, stdout, stderr } = await run([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}[ |]`, "m"));
  expect(stdout).toContain("Exit codes: 0 ok, 1 a problem was found, 2 wrong usage.");
});

test.each(commands)("%s --help explains it on stdout", async (command) => {
  const { code, stdout, stderr } = await run([command, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`Usage: kissbot-monitor ${command}`);
  expect(stdout).toContain("--json");
});

test("no line of the help of any command is wider than 80 columns [trial/N4]", async () => {
  const seen: string[] = [];
  const look = async (words: readonly string[]): Promise<void> => {
    const { stdout } = await run([...words, "--help"], { columns: 80 });
    const path = ["kissbot-monitor", ...words].join(" ");
    // A word of the prose is no command.
    if (!stdout.startsWith(`Usage: ${path} `) && !stdout.startsWith(`Usage: ${path}|`)) return;
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    seen.push(path);
    // Only names of commands begin so: flags have a dash, and examples the program's name.
    for (const [, name = ""] of stdout.matchAll(/^ {2}([a-z]+)(?:[ |]|$)/gm)) {
      if (name !== "help") await look([...words, name]);
    }
  };
  await look([]);
  const expected = ["start", "alerts test", "silence run", "send heartbeat", "config show", "forget"];
  expect(seen).toEqual(expect.arrayContaining(expected.map((words) => `kissbot-monitor ${words}`)));
});

test.each(["config", "completion"])(
  "%s alone is wrong usage, and its help is shown once [trial/N6]",
  async (word) => {
    const { code, stderr } = await run([word]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Usage: kissbot-monitor ${word}`);
    expect(stderr).not.toContain(`See kissbot-monitor ${word} --help`);
  },
);

test.each([
  [["bots", "--socket", "/tmp/s"]],
  [["send", "heartbeat", "--channel", "a", "--pid", "1", "--http", "1"]],
  [["backup", "--http", "1", "copy.db"]],
])(
  "%j: a place that the command does not take names the flag that chooses a monitor [trial/N6]",
  async (argv) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(2);
    expect(stderr).toContain("(--state-file FILE chooses the monitor, where several run)");
  },
);

test("the help of start has every setting, with its default and its variable", async () => {
  const text = (await run(["start", "--help"])).stdout.replaceAll(/\s+/g, " ");
  for (const name of allSettings) {
    const { flag, argument, fallbackText, offFlag }: Setting<unknown> = settingTable[name];
    expect(text).toContain(`--${flag} ${argument}`);
    expect(text).toContain(`(default: ${fallbackText}; env: ${environmentName(flag)})`);
    if (offFlag !== undefined) expect(text).toContain(`--${offFlag}`);
  }
  expect(text).toContain("(ps)");
});

test.each([
  [["--version"]],
  [["-V"]],
  [["-v"]],
  [["version"]],
  [["bots", "-V"]],
  [["send", "heartbeat", "-v"]],
])("%j prints the version [trial/N6]", async (argv) => {
  expect(await run(argv)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
    stderr: "",
  });
});

test.each([
  [["-h"], ["--help"]],
  [["help"], ["--help"]],
  ...commands.flatMap((name) => [
    [
      [name, "-h"],
      [name, "--help"],
    ],
    [
      ["help", name],
      [name, "--help"],
    ],
  ]),
  [
    ["help", "send", "heartbeat"],
    ["send", "heartbeat", "--help"],
  ],
  [
    ["help", "help"],
    ["help", "--help"],
  ],
])("%j says the same as %j [trial/N6]", async (argv, long) => {
  const asked = await run(argv);
  expect(asked).toMatchObject({ code: 0, stderr: "" });
  expect(asked).toEqual(await run(long));
  expect(asked.stdout).toContain("Usage: kissbot-monitor");
});

test.each([
  [["strat"], "See kissbot-monitor --help"],
  [["--prot"], "See kissbot-monitor --help"],
  [["bots", "--jsn"], "See kissbot-monitor bots --help"],
  [["bots", "--status", "ded"], "See kissbot-monitor bots --help"],
  [["demo", "--bots", "0"], "See kissbot-monitor demo --help"],
  [["backup"], "See kissbot-monitor backup --help"],
  [["send", "heartbeat"], "See kissbot-monitor send heartbeat --help"],
  [["send", "hartbeat"], "See kissbot-monitor send --help"],
  [["help", "bosts"], "See kissbot-monitor --help"],
])("the error of %j ends with a hint at the help [trial/N6]", async (argv, hint) => {
  const { code, stdout, stderr } = await run(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.trimEnd().split("\n").at(-1)).toBe(hint);
});

test("help of a command that is none says which was meant [trial/N6]", async () => {
  const { code, stderr } = await run(["help", "bosts"]);
  expect(code).toBe(2);
  expect(stderr).toContain('error: kissbot-monitor has no command "bosts": did you mean bots?');
});

test.each([
  [["start", "--port", "8000"], "--http"],
  [["start", "-p", "8000"], "--http"],
  [["start", "--host", "0.0.0.0"], "--http"],
  [["start", "--database", "x.db"], "--store"],
  [["start", "--verbose"], "--log-level"],
  [["status", "--token", "x"], "--http-token"],
  [["bots", "-j"], "--json"],
])("%j is told of %s, which says that here [trial/N6]", async (argv, flag) => {
  const { code, stderr } = await run(argv);
  expect(code).toBe(2);
  expect(stderr).toMatch(new RegExp(`^\\(${flag} `, "m"));
});

test("a flag of another program is not explained by one that the command does not have", async () => {
  expect((await run(["backup", "--port", "1"])).stderr).not.toContain("--http");
});

test.each([
  [["strat"], "unknown command 'strat'", "(Did you mean start?)"],
  [["strat", "--help"], "unknown command 'strat'", "(Did you mean start?)"],
  [["bots", "--jsn"], "unknown option '--jsn'", "(Did you mean --json?)"],
  [["bots", "one", "two"], "too many arguments", ""],
  [["bots", "twitch/*"], "bots: give a pattern as --channel", ""],
  [["bots", "one", "--watch"], '--watch: not allowed with a channel; use bots --channel "one"', ""],
  [
    ["bots", "one", "--sort", "cpu", "--status", "dead"],
    "--sort: not allowed with a channel",
    "--status: not allowed",
  ],
  [["bot"], "missing required argument 'channel'", ""],
  [["backup"], "missing required argument 'path'", ""],
  [["restore"], "missing required argument 'file'", ""],
  [["doctor", "--socket"], "option '--socket <path>' argument missing", ""],
  [["demo", "--bots", "0"], "--bots: expected a whole number from 1 to 200", ""],
  [["demo", "--seconds", "-1"], "--seconds: expected", ""],
])("%j is wrong usage", async (argv, fault, advice) => {
  const { code, stdout, stderr } = await run(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(fault);
  expect(stderr).toContain(advice);
});

const bad: Partial<Record<string, string>> = {
  socket: "/".padEnd(200, "x"),
  store: "mysql:x",
  "http-token": "a b",
  "http-write-token": "a b",
  "socket-group": "a b",
  name: "two\nlines",
  "default-provider": "two\nlines",
  "fleet-password-file": "~/password",
};

test.each(
  allSettings
    .filter((name) => name !== "logLevel" && name !== "logFormat")
    .map((name) => settingTable[name].flag),
)("a bad --%s is told by its name and ends in 2", async (flag) => {
  const { code, stdout, stderr } = await run(["doctor", `--${flag}`, bad[flag] ?? "?!"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^error: --${flag}: expected `));
});

test("a file's faults are told with their lines, beside those of flags", async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  const path = join(folder, "config.yaml");
  writeFileSync(path, "monitoring:\n  stale_tiemout: 5\n  max_bots: none\n");
  const { code, stderr } = await run(["bots", "--config", path, "--http", "x"]);
  expect(code).toBe(2);
  expect(stderr.split("\n").slice(0, 3)).toEqual([
    `error: ${path}:2:3 monitoring has no key "stale_tiemout": did you mean stale_timeout?`,
    expect.stringContaining("error: --http: expected HOST:PORT"),
    expect.stringContaining(`error: ${path}:3:3 monitoring.max_bots: expected a whole number`),
  ]);
  const missing = await run(["bots"], { environment: { KISSBOT_MONITOR_CONFIG: "/no/such.yaml" } });
  expect(missing).toMatchObject({
    code: 2,
    stderr:
      'error: KISSBOT_MONITOR_CONFIG: cannot read "/no/such.yaml": there is no such file\nSee kissbot-monitor bots --help\n',
  });
});

test("a fault of a command's other name leads to the help of that command", async () => {
  const { code, stderr } = await run(["cost", "--by", "nope"]);
  expect({ code, last: stderr.trimEnd().split("\n").at(-1) }).toEqual({
    code: 2,
    last: "See kissbot-monitor usage --help",
  });
});
