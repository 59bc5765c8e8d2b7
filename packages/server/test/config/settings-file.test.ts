import { describe, expect, test } from "vitest";
import { defaults, problemsOf, resolve } from "./resolved.js";

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
