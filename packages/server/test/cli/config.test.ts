import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { allSettings } from "../../src/cli/setting-option.js";
import { textWidth } from "../../src/cli/text-width.js";
import { keyOf } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { run } from "./program-run.js";

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("config");
});
afterEach(() => place[Symbol.dispose]());

function write(text: string, name = "monitor.yaml"): string {
  const path = place.file(name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

describe("config check", () => {
  test("says ok of a file that a monitor would start with [trial/O5]", async () => {
    const path = write(
      "twitch: { token: x }\nmonitoring:\n  http: { address: 80, token: a }\n  store: /var/kb.db\n",
    );
    expect(await run(["config", "check", path])).toEqual({
      code: 0,
      stdout: `ok: ${path} (3 settings)\n`,
      stderr: "",
    });
    const json = await run(["config", "check", path, "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ ok: true, file: path, problems: [], notices: [] });
  });

  test("says every problem with line and column, and ends in 2 [trial/O9]", async () => {
    const path = write(
      "monitoring:\n  socket_pth: /a\n  stale_timeout: soon\n  http:\n    adress: 80\n  max_bots: [1]\n  probe: ps\n  enabled: perhaps\n",
    );
    // What a variable says hides nothing.
    const environment = { KISSBOT_MONITOR_STALE_TIMEOUT: "5", KISSBOT_MONITOR_PROBE: "auto" };
    const { code, stdout, stderr } = await run(["config", "check", path], { environment });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const places = stderr.split("\n").flatMap((line) => /^error: (\S+?:\d+:\d+) /.exec(line)?.[1] ?? []);
    expect(places.sort()).toEqual(["2:3", "3:3", "5:5", "6:3", "7:3", "8:3"].map((at) => `${path}:${at}`));
    const json = await run(["config", "check", path, "--json"]);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: { length: 6 } });
  });

  test("says what the prices name and the table does not have, as start does, with its place [cost/C14]", async () => {
    const store = place.file("kb.db");
    const path = write(
      `monitoring:\n  store: ${store}\n  prices:\n    - { model: a, like: gtp-4o }\n  default_provider: openruter\n`,
    );
    const stderr = [
      `error: ${path}:5:3 monitoring.default_provider: expected a provider of the table of prices; got "openruter": did you mean openrouter?`,
      `error: ${path}:4:19 monitoring.prices[0].like: expected a model of the table of prices; got "gtp-4o": did you mean gpt-4o?`,
    ];
    for (const argv of [
      ["config", "check", path],
      ["start", "--config", path],
      ["prices", "show", "o3", "--config", path],
    ]) {
      const found = await run(argv);
      expect([argv[0], found.code, found.stdout]).toEqual([argv[0], 2, ""]);
      for (const line of stderr) expect(found.stderr).toContain(line);
    }
    writeFileSync(`${store}.prices.json`, "<html>");
    write(`monitoring: { store: "${store}" }\n`);
    const { code, stderr: note } = await run(["config", "check", path]);
    expect(code).toBe(0);
    expect(note).toContain(`The file of prices ${store}.prices.json was left out: it is no JSON`);
  });

  test("says each fault of the section alerts with its place, and ends in 2 [alerts/A34]", async () => {
    const path = write(
      "monitoring:\n  alerts:\n    receivers:\n      ops: { dicsord: {} }\n    rules:\n      donw: { for: 1m }\n",
    );
    for (const argv of [
      ["config", "check", path],
      ["start", "--config", path],
      ["config", "show", "--config", path],
    ]) {
      const { code, stdout, stderr } = await run(argv);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(
        `error: ${path}:4:14 monitoring.alerts.receivers.ops has no key "dicsord": did you mean discord?\n`,
      );
      expect(stderr).toContain(
        `error: ${path}:6:7 monitoring.alerts.rules has no rule "donw": did you mean down?\n`,
      );
    }
  });

  test("warns of a secret in a file that more users than its owner may read [alerts/A27]", async () => {
    const path = write(
      "monitoring:\n  alerts: { receivers: { a: { slack: { url: https://hooks.slack.com/pLanted } } } }\n",
    );
    expect((await run(["config", "check", path])).stderr).toBe("");
    for (const [mode, who] of [
      [0o640, "its group"],
      [0o644, "every user of this machine"],
    ] as const) {
      chmodSync(path, mode);
      const { code, stdout, stderr } = await run(["config", "check", path]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `ok: ${path} (1 setting)\n` });
      expect(stderr).toBe(
        `${path}:2:40 monitoring.alerts.receivers.a.slack.url: ${who} may read this file: chmod 0600 it, or keep the secret in a file of its own\n`,
      );
    }
  });

  test("says of a secret that is not there, which a service may have", async () => {
    const path = write(
      "monitoring:\n  alerts: { receivers: { a: { slack: { url_file: /run/nowhere/slack } } } }\n",
    );
    const { code, stderr } = await run(["config", "check", path]);
    expect(code).toBe(0);
    expect(stderr).toContain("slack.url_file: cannot read the secret: there is no such file");
    const started = await run(["start", "--config", path]);
    expect(started.code).toBe(2);
    expect(started.stderr).toContain("error: ");
    expect((await run(["config", "show", "--config", path])).code).toBe(0);
  });

  test("of no file, or of one that cannot be read, says so and ends in 2", async () => {
    const none = await run(["config", "check"], { environment: { HOME: place.path } });
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain(
      `looked for /etc/kissbot/monitor.yaml, ${place.path}/.config/kissbot/monitor.yaml`,
    );
    const absent = await run(["config", "check", place.file("absent.yaml")]);
    expect(absent.code).toBe(2);
    expect(absent.stderr).toContain("there is no such file");
    const section = await run(["config", "check", write("Monitoring:\n")]);
    expect(section.stderr).toContain("monitor.yaml:1:1: ");
    expect(section.stderr).toContain("did you mean monitoring?");
    expect((await run(["config", "check", "a", "b"])).code).toBe(2);
    expect((await run(["config", "chek"])).stderr).toContain("Did you mean check?");
    expect((await run(["config"])).code).toBe(2);
  });

  test("without a file looks at the one that start would read", async () => {
    mkdirSync(place.file("kissbot"));
    const path = write("monitoring:\n", "kissbot/monitor.yaml");
    const { stdout } = await run(["config", "check"], { environment: { XDG_CONFIG_HOME: place.path } });
    expect(stdout).toBe(`ok: ${path} (0 settings)\n`);
    const named = { KISSBOT_MONITOR_CONFIG: write("monitoring: 5\n", "named.yaml") };
    expect((await run(["config", "check"], { environment: named })).stderr).toContain("named.yaml:1:1 ");
  });

  test("wants a token beyond loopback, which a variable may hold, and warns of relative paths", async () => {
    const path = write("monitoring:\n  http: 0.0.0.0:80\n  store: kb.db\n");
    const without = await run(["config", "check", path]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain(`error: ${path}:2:3 monitoring.http: 0.0.0.0:80 can be reached`);
    const environment = { KISSBOT_MONITOR_HTTP_TOKEN: "s3cret" };
    const { code, stderr } = await run(["config", "check", path], { environment });
    expect(code).toBe(0);
    expect(stderr).toBe(
      `${path}:3:3 monitoring.store: a relative path, which begins in the folder of the process that reads it\n`,
    );
  });
});

describe("config show", () => {
  test.each([80, 40])("no line is wider than a terminal of %i columns [trial/N4]", async (columns) => {
    const config = write("monitoring:\n  max_bots: 7\n", `${"long".repeat(20)}.yaml`);
    for (const argv of [["--config", config], []]) {
      const environment = { XDG_CONFIG_HOME: `/nowhere/${"x".repeat(40)}`, HOME: "/nowhere" };
      const { stdout } = await run(["config", "show", ...argv], { columns, environment });
      for (const line of stdout.split("\n")) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  const path = () =>
    write("monitoring:\n  data_retention_days: 30\n  http:\n    token: s3cret\n  probe: proc\n");
  const environment = { KISSBOT_MONITOR_PROBE: "pidusage" };

  test("tells each setting, its value and where it comes from, but no secret [trial/O5]", async () => {
    const config = path();
    const argv = ["config", "show", "--config", config, "--stale-timeout", "90"];
    const { code, stdout, stderr } = await run(argv, { environment });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(stdout).toContain(`Config file ${config} (from --config)\n`);
    for (const row of [
      ["stale_timeout", "90s", "--stale-timeout"],
      ["probe", "pidusage", "KISSBOT_MONITOR_PROBE"],
      ["retention_days", "30", `${config}:2:3 monitoring.data_retention_days`],
      ["http_token", "***", `${config}:4:5 monitoring.http.token`],
      ["http", "127.0.0.1:7788", "default"],
      ["socket_group", "the monitor's own group", "default"],
      ["usage_retention_days", "forever", "default"],
    ]) {
      expect(rows).toContainEqual(row);
    }
    const shown = rows.map(([name]) => name);
    for (const name of allSettings) expect(shown).toContain(keyOf(settingTable[name].flag));
    expect(stdout).not.toContain("s3cret");
  });

  test("--json has the same for programs, and no secret", async () => {
    const config = path();
    const { stdout } = await run(["config", "show", "--json", "--config", config], { environment });
    expect(stdout).not.toContain("s3cret");
    const { config_file, settings } = JSON.parse(stdout);
    expect(config_file).toBe(config);
    expect(settings).toHaveLength(allSettings.length);
    expect(settings).toContainEqual({
      setting: "http_token",
      value: "***",
      from: { kind: "file", name: `${config}:4:5 monitoring.http.token` },
    });
    const none = await run(["config", "show", "--json", "--no-config"]);
    expect(JSON.parse(none.stdout)).toMatchObject({ config_file: null });
    expect(JSON.parse(none.stdout).settings).toContainEqual({
      setting: "http_token",
      value: null,
      from: { kind: "default", name: "default" },
    });
  });

  test("tells each value of the section alerts, and no secret [alerts/A27]", async () => {
    const config = write(
      "monitoring:\n  alerts:\n    group_wait: 5s\n    receivers:\n      a: { slack: { url: https://hooks.slack.com/pLanted }, bots: [x, y] }\n",
    );
    const { stdout } = await run(["config", "show", "--json", "--config", config]);
    expect(stdout).not.toContain("pLanted");
    const rows = JSON.parse(stdout).settings as { setting: string; value: string; from: { name: string } }[];
    expect(
      rows
        .filter(({ setting }) => setting.startsWith("alerts."))
        .map(({ setting, value, from }) => [setting, value, from.name.replace(`${config}:`, "")]),
    ).toEqual([
      ["alerts.receivers.a.slack.url", "***", "5:21 monitoring.alerts.receivers.a.slack.url"],
      ["alerts.receivers.a.bots[0]", "x", "5:68 monitoring.alerts.receivers.a.bots[0]"],
      ["alerts.receivers.a.bots[1]", "y", "5:71 monitoring.alerts.receivers.a.bots[1]"],
      ["alerts.group_wait", "5s", "3:5 monitoring.alerts.group_wait"],
    ]);
  });

  test("of settings that are wrong says what start would say", async () => {
    const { code, stderr } = await run(["config", "show", "--config", write("monitoring:\n  max_bots: x\n")]);
    expect(code).toBe(2);
    expect(stderr).toContain("monitor.yaml:2:3 monitoring.max_bots: expected a whole number");
  });
});
