import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { defaultSettings } from "../../src/config/default-settings.js";
import type { Environment, Flags } from "../../src/config/given-value.js";
import { resolveSettings } from "../../src/config/resolve-settings.js";
import { Secret } from "../../src/config/secret.js";
import { environmentName, fileKeys, type Setting } from "../../src/config/setting.js";
import { type GivenSettings, settingTable } from "../../src/config/setting-table.js";
import { logFormats, logLevels } from "../../src/logger.js";
import { defaults, problemsOf, resolve, surroundings } from "./resolved.js";

/** Three texts of each setting, what they mean, and one that is wrong. */
const samples: { [Name in keyof GivenSettings]: { good: [string, GivenSettings[Name]][]; bad: string } } = {
  displayName: {
    good: [
      ["bots-2", "bots-2"],
      [" two words ", "two words"],
      ["Café 🦀", "Café 🦀"],
    ],
    bad: "x".repeat(129),
  },
  publicUrl: {
    good: [
      ["https://Monitor.example.org/bots/", "https://monitor.example.org/bots"],
      [" http://10.0.0.1:7788 ", "http://10.0.0.1:7788"],
      ["https://[::1]:80/", "https://[::1]:80"],
    ],
    bad: "https://user:word@example.org",
  },
  timezone: {
    good: [
      ["Europe/Berlin", "Europe/Berlin"],
      ["UTC", "UTC"],
      ["Asia/Kolkata", "Asia/Kolkata"],
    ],
    bad: "Mars/Olympus",
  },
  defaultProvider: {
    good: [
      ["openrouter", "openrouter"],
      [" OpenRouter ", "openrouter"],
      ["x-ai", "x-ai"],
    ],
    bad: "x".repeat(257),
  },
  // What they reveal is for alert-settings.test.ts: a secret equals each other one.
  alertUrl: {
    good: [
      ["https://discord.com/api/webhooks/1/x", Secret.ofValue("")],
      ["https://hooks.slack.com/services/T/B/x", Secret.ofValue("")],
      ["http://127.0.0.1:8080/hook", Secret.ofValue("")],
    ],
    bad: "discord.com/api/webhooks/1/x",
  },
  fleet: {
    good: [
      [
        "postgres://writer@db.example.org/kissbot",
        { shown: "postgres://writer@db.example.org/kissbot", url: Secret.ofValue("") },
      ],
      [
        " postgresql://writer:a%40b@a:5433,[::1]/kissbot?sslmode=require ",
        { shown: "postgresql://writer@a:5433,[::1]/kissbot", url: Secret.ofValue("") },
      ],
      ["postgres://db", { shown: "postgres://db", url: Secret.ofValue("") }],
    ],
    bad: "postgres://writer:a@b@db.example.org/kissbot",
  },
  fleetPasswordFile: {
    good: [
      ["/run/secrets/fleet", "/run/secrets/fleet"],
      ["fleet.txt", "/srv/bots/fleet.txt"],
      ["../fleet", "/srv/fleet"],
    ],
    bad: "~/fleet",
  },
  fleetRowsPerSecond: {
    good: [
      ["1", 1],
      ["20000", 20_000],
      ["10000000", 10_000_000],
    ],
    bad: "fast",
  },
  fleetMetrics: {
    good: [
      ["minutes", "minutes"],
      ["off", "off"],
      ["Minutes", "minutes"],
    ],
    bad: "raw",
  },
  fleetMostAgeMs: {
    good: [
      ["all", null],
      ["30d", 30 * 86_400_000],
      ["1m", 60_000],
    ],
    bad: "none",
  },
  mayLeadFleet: {
    good: [
      ["on", true],
      ["off", false],
      ["No", false],
    ],
    bad: "sometimes",
  },
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
  listen: {
    good: [
      ["unix:/a.sock?as=a&channels=a", ["unix:/a.sock?as=a&channels=a"]],
      [
        "unix:/b.sock?as=b&channels=b, unix:/c,d.sock?as=c&channels=*",
        ["unix:/b.sock?as=b&channels=b", "unix:/c,d.sock?as=c&channels=*"],
      ],
      ["UNIX:///d.sock?as=d&channels=d", ["UNIX:///d.sock?as=d&channels=d"]],
    ],
    bad: "tcp:127.0.0.1:80",
  },
  store: {
    good: [
      ["/x/a.db", "/x/a.db"],
      ["sqlite:b.db", "/srv/bots/b.db"],
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
  minuteRetentionDays: {
    good: [
      ["14", 14],
      ["forever", null],
      ["0.25", 0.25],
    ],
    bad: "0",
  },
  hourRetentionDays: {
    good: [
      ["800", 800],
      ["forever", null],
      ["36500", 36500],
    ],
    bad: "36501",
  },
  customRetentionDays: {
    good: [
      ["90", 90],
      ["forever", null],
      ["1", 1],
    ],
    bad: "a month",
  },
  statusRetentionDays: {
    good: [
      ["30", 30],
      ["forever", null],
      ["1", 1],
    ],
    bad: "-400",
  },
  usageRetentionDays: {
    good: [
      ["365", 365],
      ["forever", null],
      ["1", 1],
    ],
    bad: "-1",
  },
  forgetAfterMs: {
    good: [
      ["30d", 30 * 86_400_000],
      ["off", null],
      ["60", 60_000],
      ["never", null],
    ],
    bad: "5s",
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
  httpWriteToken: {
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
  queueBytes: {
    good: [
      ["1", 1],
      ["67108864", 67_108_864],
      ["1073741824", 1_073_741_824],
    ],
    bad: "64M",
  },
  storeRowsPerSecond: {
    good: [
      ["1", 1],
      ["20", 20],
      ["10000000", 10_000_000],
    ],
    bad: "1e4",
  },
  maxBots: {
    good: [
      ["1", 1],
      ["20", 20],
      ["300", 300],
    ],
    bad: "1.5",
  },
  logFormat: {
    good: [
      ["pretty", "pretty"],
      ["JSON", "json"],
      ["auto", "auto"],
    ],
    bad: "xml",
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

const names = Object.keys(settingTable) as (keyof GivenSettings)[];

test("nothing given means the defaults", () => {
  expect(resolve()).toEqual({
    settings: defaults,
    enabled: true,
    notices: [],
    leaves: [],
    origins: Object.fromEntries(names.map((name) => [name, { kind: "default", name: "default" }])),
  });
});

test("what a monitor is called can be set, and is the name of its host else; its batches keep that name", () => {
  const named = (name: string) =>
    resolveSettings({ name }, {}, null, { serving: true, surroundings }).settings;
  expect(named(" Café 7 ")).toMatchObject({ displayName: "Café 7", name: "bots-1" });
  expect(named("🦀".repeat(128)).displayName).toHaveLength(256);
  expect(resolveSettings({}, {}, null, { serving: true, surroundings }).settings.displayName).toBe("bots-1");
  for (const wrong of ["", " ", "a\nb", "a\u0007", "\ud800", "a\u2028b", "a".repeat(129)]) {
    expect(() => named(wrong)).toThrow("--name: expected a name of 1 to 128 characters on one line");
  }
});

test("a monitor has the name of its host, and one of its own where the host has none", () => {
  const nameOn = (hostName: string) =>
    resolveSettings({}, {}, null, { serving: true, surroundings: { ...surroundings, hostName } }).settings
      .name;
  expect(nameOn("bots-2")).toBe("bots-2");
  expect(nameOn("")).toBe("kissbot-monitor");
  expect(defaultSettings().name).toBe(hostname());
});

test("the default that help shows is the default", () => {
  for (const name of names) {
    const setting: Setting<unknown> = settingTable[name];
    const text = setting.fallbackText.split(" in ")[0] as string;
    const described = ["none", "nobody", "the monitor's own group", "the name of the host", "the host's"];
    if (described.includes(setting.fallbackText)) continue;
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
  // With several users HTTP needs a token.
  const resolved = (given: Flags = {}, variables: Environment = {}, file?: string) =>
    resolve(given, variables, file, { serving: name !== "listen" });
  const flags = { [setting.flag]: flagText };
  const environment = { [environmentName(setting.flag)]: variableText };
  const yaml = (text: string) => `monitoring:\n  ${fileKeys(setting)[0]}: "${text}"\n`;

  test("a flag goes before the environment, that before the file, and that before the default", () => {
    // What the sections take of them is for alert-settings.test.ts and listeners.test.ts.
    const { alerts, listeners, ...plain } = defaults;
    const others = { alerts: expect.anything(), listeners: expect.anything() };
    const set = (value: unknown) => ({ ...plain, [name]: value, ...others });
    expect(resolved(flags, environment, yaml(keyText)).settings).toEqual(set(flagValue));
    expect(resolved({}, environment, yaml(keyText)).settings).toEqual(set(variableValue));
    expect(resolved({}, {}, yaml(keyText)).settings).toEqual(set(keyValue));
    expect(resolved(flags, environment).origins[name]).toEqual({ kind: "flag", name: `--${setting.flag}` });
    expect(resolved({}, environment).origins[name]).toEqual({
      kind: "variable",
      name: environmentName(setting.flag),
    });
    expect(resolved({}, {}, yaml(keyText)).origins[name]).toEqual({
      kind: "file",
      name: `kb.yaml:2:3 monitoring.${fileKeys(setting)[0]}`,
    });
  });

  test("a variable that is set but empty counts as not set", () => {
    const empty = { [environmentName(setting.flag)]: "" };
    expect(resolved({}, empty, yaml(keyText)).settings[name]).toEqual(keyValue);
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
      const path = key.split(".");
      const lines = path.map((name, depth) => `${"  ".repeat(depth + 1)}${name}:`);
      const text = `monitoring:\n${lines.join("\n")} ${JSON.stringify(keyText)}\n`;
      const { settings, origins } = resolved({}, {}, text);
      expect(settings[name], key).toEqual(keyValue);
      expect(origins[name].name).toBe(`kb.yaml:${path.length + 1}:${2 * path.length + 1} monitoring.${key}`);
    }
  });

  test.skipIf(name === "alertUrl")("what is shown of a value is read as the same value", () => {
    const show = setting.show ?? String;
    for (const [, value] of good as [string, unknown][]) {
      if (Array.isArray(value) && value.length === 0) continue;
      expect(setting.read(show(value), surroundings)).toEqual(value);
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
    const asked = resolve({ http: "0.0.0.0:7788" }, {}, undefined, { serving: false });
    expect(asked.settings.http?.host).toBe("0.0.0.0");
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

test("the levels of the log are the logger's", () => {
  expect(settingTable.logLevel.expected).toBe(logLevels.join(", "));
  for (const level of logLevels) expect(settingTable.logLevel.read(level, surroundings)).toBe(level);
});

test("the formats of the log are the logger's, from a flag, a variable and the file [trial/O11]", () => {
  expect(settingTable.logFormat.expected).toBe(logFormats.join(", "));
  for (const format of logFormats) expect(settingTable.logFormat.read(format, surroundings)).toBe(format);
  expect(resolve({}).settings.logFormat).toBe("auto");
  expect(resolve({ "log-format": "JSON" }).settings.logFormat).toBe("json");
  expect(resolve({}, { KISSBOT_MONITOR_LOG_FORMAT: "pretty" }).settings.logFormat).toBe("pretty");
  expect(resolve({}, {}, "monitoring:\n  log_format: pretty\n").settings.logFormat).toBe("pretty");
  expect(() => resolve({ "log-format": "xml" })).toThrow("expected auto, pretty, json");
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

test("a monitor that is started needs room for the name of its control socket, a command does not [alerts/A29]", () => {
  const [fits, tooLong] = [99, 100].map((length) => `/${"x".repeat(length - 1)}`) as [string, string];
  expect(problemsOf({ socket: fits })).toEqual([]);
  expect(problemsOf({ socket: tooLong })).toEqual([
    "--socket: expected a path of at most 99 bytes, as the control socket beside it is called PATH.control; this one has 100",
  ]);
  expect(problemsOf({}, { KISSBOT_MONITOR_SOCKET: tooLong })).toEqual([
    expect.stringMatching(/^KISSBOT_MONITOR_SOCKET: expected a path of at most 99 bytes/),
  ]);
  expect(resolve({ socket: tooLong }, {}, undefined, { serving: false }).settings.socketPath).toBe(tooLong);
});
