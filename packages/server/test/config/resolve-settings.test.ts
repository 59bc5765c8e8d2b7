import { describe, expect, test } from "vitest";
import type { Environment, Flags } from "../../src/config/given-value.js";
import { resolveSettings, settingKeys } from "../../src/config/resolve-settings.js";
import { environmentName, fileKeys, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import type { Settings } from "../../src/config/settings.js";
import { parseSettingsFile } from "../../src/config/settings-file.js";
import { UsageError } from "../../src/config/usage-error.js";
import { logLevels } from "../../src/logger.js";

const surroundings = { platform: "linux", workingDirectory: "/srv/bots" } as const;

function resolve(flags: Flags = {}, environment: Environment = {}, yaml?: string, serving = true) {
  const file = yaml === undefined ? null : parseSettingsFile("kb.yaml", yaml, settingKeys);
  return resolveSettings(flags, environment, file, { serving, surroundings });
}

function problemsOf(flags: Flags = {}, environment: Environment = {}, yaml?: string): readonly string[] {
  try {
    resolve(flags, environment, yaml);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

const defaults: Settings = {
  socketPath: "/tmp/kissbot_monitor.sock",
  socketMode: 0o660,
  socketGroup: null,
  store: "kissbot_monitor.db",
  retentionDays: 7,
  usageRetentionDays: null,
  http: { host: "127.0.0.1", port: 7788 },
  httpToken: null,
  httpAllowedHosts: [],
  staleTimeoutMs: 60_000,
  metricsIntervalMs: 15_000,
  probe: "auto",
  queueLimit: 100_000,
  maxBots: 100_000,
  logLevel: "info",
};

/** Three texts of each setting, what they mean, and one that is wrong. */
const samples: { [Name in keyof Settings]: { good: [string, Settings[Name]][]; bad: string } } = {
  socketPath: {
    good: [
      ["/run/a.sock", "/run/a.sock"],
      ["b.sock", "/srv/bots/b.sock"],
      ["../c.sock", "/srv/c.sock"],
    ],
    bad: `/${"x".repeat(107)}`,
  },
  socketMode: {
    good: [
      ["0777", 0o777],
      ["660", 0o660],
      ["0o600", 0o600],
    ],
    bad: "rw-rw----",
  },
  socketGroup: {
    good: [
      ["bots", "bots"],
      ["1000", "1000"],
      ["b-2", "b-2"],
    ],
    bad: "a b",
  },
  store: {
    good: [
      ["/x/a.db", "/x/a.db"],
      ["sqlite:b.db", "sqlite:b.db"],
      ["memory:", "memory:"],
    ],
    bad: "postgres://localhost/x",
  },
  retentionDays: {
    good: [
      ["30", 30],
      ["0.5", 0.5],
      ["forever", null],
    ],
    bad: "0",
  },
  usageRetentionDays: {
    good: [
      ["365", 365],
      ["forever", null],
      ["1", 1],
    ],
    bad: "-1",
  },
  http: {
    good: [
      ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
      ["[::1]:7789", { host: "::1", port: 7789 }],
      ["off", null],
    ],
    bad: "localhost",
  },
  httpToken: {
    good: [
      ["s3cret-a", "s3cret-a"],
      ["b", "b"],
      ["c==", "c=="],
    ],
    bad: "two words",
  },
  httpAllowedHosts: {
    good: [
      ["Monitor.example.org", ["monitor.example.org"]],
      ["a.org,b.org", ["a.org", "b.org"]],
      ["[::1]", ["[::1]"]],
    ],
    bad: "http://a.org",
  },
  staleTimeoutMs: {
    good: [
      ["90", 90_000],
      ["500ms", 500],
      ["7d", 604_800_000],
    ],
    bad: "soon",
  },
  metricsIntervalMs: {
    good: [
      ["5", 5_000],
      ["2m", 120_000],
      ["1h", 3_600_000],
    ],
    bad: "0",
  },
  probe: {
    good: [
      ["proc", "proc"],
      ["pidusage", "pidusage"],
      ["auto", "auto"],
    ],
    bad: "ps",
  },
  queueLimit: {
    good: [
      ["1", 1],
      ["500", 500],
      ["100000000", 100_000_000],
    ],
    bad: "1e5",
  },
  maxBots: {
    good: [
      ["1", 1],
      ["20", 20],
      ["300", 300],
    ],
    bad: "1.5",
  },
  logLevel: {
    good: [
      ["debug", "debug"],
      ["WARN", "warn"],
      ["silent", "silent"],
    ],
    bad: "verbose",
  },
};

const names = Object.keys(settingTable) as (keyof Settings)[];

test("nothing given means the defaults", () => {
  expect(resolve()).toEqual({
    settings: defaults,
    enabled: true,
    notices: [],
    origins: Object.fromEntries(names.map((name) => [name, "default"])),
  });
});

test("the default that help shows is the default", () => {
  for (const name of names) {
    const setting: Setting<unknown> = settingTable[name];
    const text = setting.fallbackText.split(" in ")[0] as string;
    if (["none", "the monitor's own group"].includes(setting.fallbackText)) continue;
    expect(setting.read(text, surroundings), name).toEqual(setting.fallback(surroundings));
  }
});

describe.each(names)("%s", (name) => {
  const setting: Setting<unknown> = settingTable[name];
  const { good, bad } = samples[name];
  const [[flagText, flagValue], [variableText, variableValue], [keyText, keyValue]] = good as [
    [string, unknown],
    [string, unknown],
    [string, unknown],
  ];
  const flags = { [setting.flag]: flagText };
  const environment = { [environmentName(setting.flag)]: variableText };
  const yaml = (text: string) => `monitoring:\n  ${fileKeys(setting)[0]}: "${text}"\n`;

  test("a flag goes before the environment, that before the file, and that before the default", () => {
    expect(resolve(flags, environment, yaml(keyText)).settings).toEqual({ ...defaults, [name]: flagValue });
    expect(resolve({}, environment, yaml(keyText)).settings).toEqual({ ...defaults, [name]: variableValue });
    expect(resolve({}, {}, yaml(keyText)).settings).toEqual({ ...defaults, [name]: keyValue });
    expect(resolve(flags, environment).origins[name]).toBe(`--${setting.flag}`);
  });

  test("a variable that is set but empty counts as not set", () => {
    const empty = { [environmentName(setting.flag)]: "" };
    expect(resolve({}, empty, yaml(keyText)).settings[name]).toEqual(keyValue);
  });

  test("a wrong value is told with its name, itself and what was expected", () => {
    const places = [
      [problemsOf({ [setting.flag]: bad }), `--${setting.flag}`],
      [problemsOf({}, { [environmentName(setting.flag)]: bad }), environmentName(setting.flag)],
      [problemsOf({}, {}, yaml(bad)), `kb.yaml:2:3 monitoring.${fileKeys(setting)[0]}`],
    ] as const;
    for (const [problems, place] of places) {
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`${place}: expected ${setting.expected}`);
      if (setting.secret) expect(problems[0]).not.toContain(bad);
      else expect(problems[0]).toContain(`; got "${bad.slice(0, 80)}`);
    }
  });

  test("an empty flag is wrong", () => {
    expect(problemsOf({ [setting.flag]: "" })).toHaveLength(1);
  });

  test("every key of the file works", () => {
    for (const key of fileKeys(setting)) {
      expect(resolve({}, {}, `monitoring:\n  ${key}: ${JSON.stringify(keyText)}\n`).settings[name]).toEqual(
        keyValue,
      );
    }
  });
});

describe("HTTP", () => {
  test("--no-http, its variable and its key turn it off, each before what is weaker", () => {
    expect(resolve({ http: false }, { KISSBOT_MONITOR_HTTP: "80" }).settings.http).toBeNull();
    expect(
      resolve({}, { KISSBOT_MONITOR_NO_HTTP: "1", KISSBOT_MONITOR_HTTP: "80" }).settings.http,
    ).toBeNull();
    expect(resolve({}, {}, "monitoring: { no_http: yes, http: 80 }").settings.http).toBeNull();
    expect(resolve({}, {}, "monitoring: { http: false }").settings.http).toBeNull();
    expect(resolve({ http: "81" }, { KISSBOT_MONITOR_NO_HTTP: "1" }).settings.http?.port).toBe(81);
    expect(resolve({}, { KISSBOT_MONITOR_NO_HTTP: "0" }).settings.http?.port).toBe(7788);
    expect(problemsOf({}, { KISSBOT_MONITOR_NO_HTTP: "maybe" })).toEqual([
      'KISSBOT_MONITOR_NO_HTTP: expected true or false, got "maybe"',
    ]);
  });

  test("beyond loopback it needs a token, of whatever source, where a monitor is to be started", () => {
    const [problem] = problemsOf({ http: "0.0.0.0:7788" });
    expect(problem).toMatch(/^--http: 0\.0\.0\.0:7788 .* KISSBOT_MONITOR_HTTP_TOKEN/);
    expect(problemsOf({ http: "[::]:7788" }, { KISSBOT_MONITOR_HTTP_TOKEN: "s3cret" })).toEqual([]);
    expect(problemsOf({}, { KISSBOT_MONITOR_HTTP: "10.1.2.3:80" })[0]).toMatch(/^KISSBOT_MONITOR_HTTP:/);
    expect(resolve({ http: "0.0.0.0:7788" }, {}, undefined, false).settings.http?.host).toBe("0.0.0.0");
  });

  test("allowed hosts come from a repeated flag, from commas, or from a list", () => {
    const wanted = ["a.org", "b.org"];
    expect(resolve({ "http-allowed-host": ["a.org", "b.org"] }).settings.httpAllowedHosts).toEqual(wanted);
    expect(
      resolve({}, { KISSBOT_MONITOR_HTTP_ALLOWED_HOST: "a.org, b.org" }).settings.httpAllowedHosts,
    ).toEqual(wanted);
    const yaml = "monitoring:\n  http_allowed_host:\n    - a.org\n    - b.org\n";
    expect(resolve({}, {}, yaml).settings.httpAllowedHosts).toEqual(wanted);
  });
});

describe("the config file", () => {
  test("of the Python monitor works as it is", () => {
    const yaml = `
twitch:
  token: !ENV abc
  token: twice
discord: [1, 2]
monitoring:
  enabled: yes
  socket_path: /tmp/old.sock
  metrics_interval: 20
  heartbeat_interval: 30
  stale_timeout: 90.0   # seconds
  data_retention_days: 14
`;
    const { settings, enabled, notices } = resolve({}, {}, yaml);
    expect({ enabled, notices }).toEqual({ enabled: true, notices: [] });
    expect(settings).toEqual({
      ...defaults,
      socketPath: "/tmp/old.sock",
      metricsIntervalMs: 20_000,
      staleTimeoutMs: 90_000,
      retentionDays: 14,
    });
  });

  test.each(["false", "no", "off", "False"])("enabled: %s says that no monitor is wanted", (word) => {
    expect(resolve({}, {}, `monitoring:\n  enabled: ${word}\n`).enabled).toBe(false);
  });

  test("a mode is octal, however YAML would read it", () => {
    for (const text of ["0777", "0o777", "777", '"0777"']) {
      expect(resolve({}, {}, `monitoring:\n  socket_mode: ${text}\n`).settings.socketMode, text).toBe(0o777);
    }
  });

  test("anchors and merged mappings work, and a key of its own goes before a merged one", () => {
    const yaml = `
x: &defaults { stale_timeout: 10, metrics_interval: 11 }
path: &path /tmp/a.sock
monitoring:
  stale_timeout: 12
  <<: *defaults
  socket_path: *path
`;
    const { settings } = resolve({}, {}, yaml);
    expect([settings.staleTimeoutMs, settings.metricsIntervalMs, settings.socketPath]).toEqual([
      12_000,
      11_000,
      "/tmp/a.sock",
    ]);
  });

  test.each([
    [
      "a key that nothing has",
      "monitoring:\n  stale_tiemout: 5\n",
      'kb.yaml:2:3 monitoring has no key "stale_tiemout": did you mean stale_timeout?',
    ],
    [
      "a key near nothing",
      "monitoring:\n  colour: red\n",
      /^kb\.yaml:2:3 monitoring has no key "colour": expected one of enabled, socket_path, socket, /,
    ],
    [
      "a key that a terminal would obey",
      'monitoring:\n  "\\e[2Jx": 1\n',
      /^kb\.yaml:2:3 monitoring has no key "\\u001b\[2Jx": expected one of/,
    ],
    [
      "a key without a value",
      "monitoring:\n  stale_timeout:\n",
      "kb.yaml:2:3 monitoring.stale_timeout: expected a value; there is none",
    ],
    [
      "a mapping as a value",
      "monitoring:\n  stale_timeout: { s: 1 }\n",
      "kb.yaml:2:3 monitoring.stale_timeout: expected a value or a list of values",
    ],
    [
      "a list of one-valued settings",
      "monitoring:\n  stale_timeout: [1, 2]\n",
      "kb.yaml:2:3 monitoring.stale_timeout: expected one value, got a list of 2",
    ],
    [
      "a key given twice",
      "monitoring:\n  probe: auto\n  probe: proc\n",
      "kb.yaml:3:3 monitoring.probe: is there twice",
    ],
    [
      "both names of one setting",
      "monitoring:\n  socket_path: /a\n  socket: /b\n",
      "kb.yaml:3:3 monitoring.socket: kb.yaml:2:3 monitoring.socket_path sets the same",
    ],
    [
      "the section twice",
      "monitoring:\n  probe: auto\nmonitoring:\n  probe: auto\n",
      "kb.yaml:3:1: the section monitoring: is there twice",
    ],
    ["a section that is none", "monitoring: 5\n", "kb.yaml:1:1 monitoring: expected a mapping of settings"],
    ["a file that is a list", "- 1\n", "kb.yaml:1:1: expected a mapping with the section monitoring:"],
    ["no YAML", "monitoring:\n  probe: [1\n", /^kb\.yaml:\d+:\d+: not YAML: /],
    [
      "an old key without effect, but wrong",
      "monitoring:\n  heartbeat_interval: often\n",
      'kb.yaml:2:3 monitoring.heartbeat_interval: expected seconds above 0, got "often"',
    ],
    [
      "a switch that is none",
      "monitoring:\n  enabled: perhaps\n",
      'kb.yaml:2:3 monitoring.enabled: expected true or false, got "perhaps"',
    ],
  ])("tells %s with line and column", (_, yaml, wanted) => {
    const problems = problemsOf({}, {}, yaml);
    if (typeof wanted === "string") expect(problems).toContain(wanted);
    else expect(problems[0]).toMatch(wanted);
  });

  test("without the section sets nothing, and says so", () => {
    for (const yaml of ["", "stale_timeout: 5\n", "other: {}\n"]) {
      const { settings, notices } = resolve({}, {}, yaml);
      expect(settings).toEqual(defaults);
      expect(notices).toEqual([
        "kb.yaml: there is no section monitoring: in it, so nothing was set by this file",
      ]);
    }
    expect(resolve({}, {}, "monitoring:\n").settings).toEqual(defaults);
  });
});

test("the levels of the log are the logger's", () => {
  expect(settingTable.logLevel.expected).toBe(logLevels.join(", "));
  for (const level of logLevels) expect(settingTable.logLevel.read(level, surroundings)).toBe(level);
});

test("everything that is wrong is told at once", () => {
  const yaml = "monitoring:\n  colour: red\n  probe: ps\n";
  const problems = problemsOf({ "stale-timeout": "soon" }, { KISSBOT_MONITOR_MAX_BOTS: "many" }, yaml);
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "kb.yaml",
    "--stale-timeout",
    "kb.yaml",
    "KISSBOT_MONITOR_MAX_BOTS",
  ]);
});

test("a variable that misses ours by a slip is told; the client's and other programs' are not", () => {
  const environment = {
    KISSBOT_MONITOR_SOCKTE: "/x",
    KISSBOT_MONITOR_DISABLED: "1",
    KISSBOT_MONITOR_DEBUG: "1",
    KISSBOT_MONITOR_SERVICE_HOST: "10.0.0.1",
    KISSBOT_MONITOR_CONFIG: "x",
  };
  expect(resolve({}, environment).notices).toEqual([
    "KISSBOT_MONITOR_SOCKTE is no setting: did you mean KISSBOT_MONITOR_SOCKET?",
  ]);
});
