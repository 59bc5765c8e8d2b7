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

  test("sections hold the keys that begin with their name; anchors and merges work there too", () => {
    const yaml = `
x: &web { token: s3cret, allowed_host: [a.org, b.org] }
monitoring:
  socket: { path: /run/a.sock, mode: 0600, group: bots }
  http:
    <<: *web
    address: 0.0.0.0:80
  queue: { limit: 5, bytes: 7 }
`;
    const { settings } = resolve({}, {}, yaml);
    expect(settings).toEqual({
      ...defaults,
      socketPath: "/run/a.sock",
      socketMode: 0o600,
      socketGroup: "bots",
      http: { host: "0.0.0.0", port: 80 },
      httpToken: "s3cret",
      httpAllowedHosts: ["a.org", "b.org"],
      queueLimit: 5,
      queueBytes: 7,
    });
  });

  test("a mapping that merges itself ends", () => {
    const yaml = "monitoring: &a\n  <<: *a\n  stale_timeout: 5\n";
    expect(resolve({}, {}, yaml).settings.staleTimeoutMs).toBe(5_000);
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
      "a list of one, where there is one value",
      "monitoring:\n  probe: [auto]\n",
      "kb.yaml:2:3 monitoring.probe: expected one value, got a list of 1",
    ],
    [
      "a key that no section has",
      "monitoring:\n  http:\n    adress: 80\n",
      'kb.yaml:3:5 monitoring.http has no key "adress": did you mean address?',
    ],
    [
      "a key that is far from all of its section",
      "monitoring:\n  queue: { colour: red }\n",
      'kb.yaml:2:12 monitoring.queue has no key "colour": expected one of limit, bytes',
    ],
    [
      "a section that has only sections' keys, with a value",
      "monitoring:\n  queue: 5\n",
      "kb.yaml:2:3 monitoring.queue: expected a mapping with some of limit, bytes",
    ],
    [
      "a key given twice in a section",
      "monitoring:\n  http:\n    address: 1\n    address: 2\n",
      "kb.yaml:4:5 monitoring.http.address: is there twice",
    ],
    [
      "a flat key beside that of a section",
      "monitoring:\n  http_token: a\n  http: { token: b }\n",
      "kb.yaml:3:11 monitoring.http.token: kb.yaml:2:3 monitoring.http_token sets the same",
    ],
    [
      "a wrong value within a section",
      "monitoring:\n  http:\n    address: localhost\n",
      /^kb\.yaml:3:5 monitoring\.http\.address: expected HOST:PORT .*; got "localhost"$/,
    ],
    [
      "a section's name with a point",
      "monitoring:\n  http.token: a\n",
      /^kb\.yaml:2:3 monitoring has no key "http\.token": /,
    ],
    [
      "a mapping below a value of a section",
      "monitoring:\n  http: { address: { port: 5 } }\n",
      "kb.yaml:2:11 monitoring.http.address: expected a value or a list of values",
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

  test.each([
    [
      "",
      "kb.yaml:1:1: there is no section monitoring: in this file; settings stand below a line monitoring:",
    ],
    [
      "twitch: {}\n",
      "kb.yaml:1:1: there is no section monitoring: in this file; settings stand below a line monitoring:",
    ],
    [
      "twitch: {}\nMonitoring:\n  stale_timeout: 5\n",
      'kb.yaml:2:1: there is no section monitoring: in this file, but "Monitoring": did you mean monitoring?',
    ],
    [
      "monitorng:\n  stale_timeout: 5\n",
      'kb.yaml:1:1: there is no section monitoring: in this file, but "monitorng": did you mean monitoring?',
    ],
    [
      "a: 1\nstale_timeout: 5\n",
      "kb.yaml:2:1: stale_timeout stands outside of the section monitoring: indent it below a line monitoring:",
    ],
  ])("without the section is refused: %j [trial/O9]", (yaml, problem) => {
    expect(problemsOf({}, {}, yaml)).toEqual([problem]);
  });

  test("with an empty section sets nothing", () => {
    expect(resolve({}, {}, "monitoring:\n").settings).toEqual(defaults);
    expect(resolve({}, {}, "monitoring: {}\n").settings).toEqual(defaults);
  });
});
