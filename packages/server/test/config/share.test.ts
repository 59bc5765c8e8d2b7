import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { fileKeys, keyOf, type Setting } from "../../src/config/setting.js";
import { type GivenSettings, settingTable } from "../../src/config/setting-table.js";
import { problemsOf, resolve } from "./resolved.js";
import { settingsExample } from "./settings-example.js";
import { settingsSchema } from "./settings-schema.js";

const share = (name: string) => fileURLToPath(new URL(`../../share/${name}`, import.meta.url));
const settings = Object.values(settingTable) as Setting<unknown>[];
const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false });
const validate = ajv.compile(settingsSchema());

const isValid = (yaml: string) => validate(parse(yaml));
const isRead = (yaml: string) => problemsOf({}, {}, yaml).length === 0;
/** A file with one setting, whose value is written like this. */
const fileWith = (key: string, text: string) => {
  const path = key.split(".");
  return `monitoring:\n${path.map((name, depth) => `${"  ".repeat(depth + 1)}${name}:`).join("\n")} ${text}\n`;
};

// Another one is written by `vitest run packages/server/test/config/share.test.ts -u`.
test.each([
  ["monitor.schema.json", () => `${JSON.stringify(settingsSchema(), null, 2)}\n`],
  ["monitor.example.yaml", settingsExample],
])("share/%s is what the table of settings says [trial/O5][packaging/K5]", async (name, made) => {
  expect(existsSync(share(name)) || process.env["CI"] === undefined).toBe(true);
  await expect(made()).toMatchFileSnapshot(share(name));
});

describe("the example", () => {
  const example = settingsExample();
  const whole = example.replaceAll(/^ {2}#(?=[a-z_]+: )/gm, "  ");

  test("sets nothing as it stands, and is accepted by ajv and by the reader [trial/O5][packaging/K5]", () => {
    expect(example).not.toMatch(/^ {2}[a-z]/m);
    expect([isValid(example), validate.errors]).toEqual([true, null]);
    expect(resolve({}, {}, example).settings).toEqual(resolve().settings);
  });

  test("is right with every setting in it, and each default is the default [trial/O5][packaging/K5]", () => {
    expect([isValid(whole), validate.errors]).toEqual([true, null]);
    const { settings: values, origins } = resolve({}, {}, whole);
    const fallbacks = resolve().settings;
    for (const name of Object.keys(settingTable) as (keyof GivenSettings)[]) {
      expect(origins[name].kind, name).toBe("file");
      const { example: sample }: Setting<unknown> = settingTable[name];
      if (sample === undefined) expect(values[name], name).toEqual(fallbacks[name]);
    }
  });

  test("explains each setting in lines that fit", () => {
    for (const line of example.split("\n")) expect(line.length).toBeLessThanOrEqual(130);
    for (const { flag } of settings) expect(example).toContain(`  #${keyOf(flag)}: `);
  });
});

describe("the schema", () => {
  test("refuses slips in keys, sections and values [trial/O5]", () => {
    for (const yaml of [
      "",
      "Monitoring: {}",
      "monitoring: 5",
      "monitoring: []",
      "monitoring: { stale_tiemout: 5 }",
      "monitoring: { http: { adress: 80 } }",
      "monitoring: { queue: 5 }",
      "monitoring: { stale_timeout: { s: 1 } }",
      "monitoring: { probe: [auto] }",
      "monitoring: { probe: ps }",
      "monitoring: { log_level: loud }",
      "monitoring: { stale_timeout: soon }",
      "monitoring: { stale_timeout: 0 }",
      "monitoring: { retention_days: 0 }",
      "monitoring: { minute_retention_days: 0 }",
      "monitoring: { hour_retention_days: 36501 }",
      "monitoring: { custom_retention_days: a month }",
      "monitoring: { retention: { status_days: -1 } }",
      "monitoring: { retention: 7 }",
      "monitoring: { queue_limit: 1.5 }",
      "monitoring: { http: localhost }",
      "monitoring: { http: 65536 }",
      "monitoring: { http: true }",
      "monitoring: { socket_mode: 1777 }",
      "monitoring: { store: 'postgres://x' }",
      "monitoring: { socket: ~/kb.sock }",
      "monitoring: { enabled: perhaps }",
      "monitoring: { http_allowed_host: [] }",
      "monitoring: { listen: /a.sock }",
      "monitoring: { listeners: 5, no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a.sock }], no_http: true }",
      "monitoring: { listeners: [{ principal: local, socket: /a.sock, channels: a }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: a.sock, channels: a }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a/, channels: a }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a.sock, channels: [] }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a.sock, channels: a, mode: 1777 }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a.sock, channels: a, max_bots: 0 }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a.sock, channels: a, processes: all }], no_http: true }",
      "monitoring: { listeners: [{ principal: a, socket: /a.sock, channels: a, max_bot: 5 }], no_http: true }",
      "monitoring: { alerts: 5 }",
      "monitoring: { alerts: { reciever: {} } }",
      "monitoring: { alerts: { receivers: { a: {} } } }",
      "monitoring: { alerts: { receivers: { A: { exec: { command: x } } } } }",
      "monitoring: { alerts: { receivers: { a: { discord: {} } } } }",
      "monitoring: { alerts: { receivers: { a: { exec: { command: x }, slack: { url: 'https://a' } } } } }",
      "monitoring: { alerts: { receivers: { a: { exec: { command: x }, only: loud } } } }",
      "monitoring: { alerts: { rules: { down: { above: 5 } } } }",
      "monitoring: { alerts: { rules: { donw: { for: 5 } } } }",
      "monitoring: { alerts: { rules: { 'custom:a': { above: 5 } } } }",
      "monitoring: { alerts: { windows: [{ bots: a, at: '25:00', for: 1h, why: x }] } }",
      "monitoring: { alerts: { reminder: noon } }",
      "monitoring: { alerts: { group_wait: soon } }",
      "monitoring: { alerts: { deadman: { every: 60 } } }",
    ]) {
      expect([yaml, isValid(yaml), isRead(yaml)]).toEqual([yaml, false, false]);
    }
  });

  test("accepts other programs' sections, the Python monitor's file, and every form of a setting", () => {
    for (const yaml of [
      "twitch: { token: x }\nmonitoring:\n",
      "monitoring: { enabled: yes, socket_path: /a.sock, metrics_interval: 15, heartbeat_interval: 30, stale_timeout: 60.0, data_retention_days: 7 }",
      "monitoring: { http: off, no_http: true, log_level: WARN, usage_retention_days: For Ever }",
      "monitoring: { http: { address: '[::1]:80', token: x, allowed_host: [a.org, '[::1]'] }, socket: { mode: 0660 } }",
      "monitoring: { http: { token_file: /dev/stdin } }",
      "monitoring: { listeners: { principal: a, socket: /a.sock, channels: '*' }, no_http: true }",
      "monitoring: { listeners: [{ principal: 5, socket: /a.sock, owner: root, group: 0, mode: 0660, channels: [a*, '#b-*'], max_bots: 5, max_connections: 9, rows_per_second: 100, processes: own, uid: 0 }], no_http: true }",
      "monitoring: { listen: ['unix:/a.sock?as=a&channels=a*', 'unix:/b.sock?as=b&channels=b*'], no_http: true }",
      "monitoring: { alerts: }",
      "monitoring: { alerts: { receivers: { a: { discord: { url_env: A }, mention: { critical: '<@1>' }, only: [info, critical], labels: { team: 5 } } } } }",
      "monitoring: { alerts: { rules: { down: off, crash_loop: { enabled: no }, rss_mb: { above: 4.5, for: 10m }, 'custom:a': { metric: b, below: 5 } } } }",
      "monitoring: { alerts: { windows: { bots: a, every: sun, at: '03:00', for: 30m, why: x }, reminder: off, group_wait: 0, deadman: { url_file: /a, every: 30 } } }",
      "monitoring: { retention: { metrics_days: 7, minute_days: 30, hour_days: forever, custom_days: 0.5, status_days: 400, usage_days: forever } }",
    ]) {
      expect([yaml, isValid(yaml), validate.errors]).toEqual([yaml, true, null]);
    }
  });

  /** Texts as somebody might write them for any setting. */
  const written = fc.oneof(
    fc.constantFrom(
      "off",
      "no",
      "yes",
      "true",
      "false",
      "auto",
      "proc",
      "Info",
      "forever",
      "memory:",
      "~",
      "~/x",
    ),
    fc.constantFrom(
      "127.0.0.1:80",
      "[::1]:7",
      "a.org",
      "a.org,b.org",
      "0660",
      "0o660",
      "777",
      "1777",
      "/a/b",
      "/a/",
    ),
    fc.constantFrom(
      "sqlite:x.db",
      "SQLITE:/x",
      "mysql:x",
      ":memory:",
      "5s",
      "1.5 h",
      ".5m",
      "500ms",
      "-1",
      "x y",
    ),
    fc.integer({ min: -5, max: 100_000 }).map(String),
    fc.double({ min: 0, max: 50_000, noNaN: true }).map((value) => value.toFixed(3)),
    fc.stringMatching(/^[a-zA-Z0-9_.:/~ -]{1,20}$/),
  );

  test.each(settings.flatMap((setting) => fileKeys(setting).map((key) => [key, setting] as const)))(
    "never refuses what the reader takes for %s [trial/O5]",
    (key, setting) => {
      expect(setting.schema, "each setting says what an editor may expect").toBeDefined();
      fc.assert(
        fc.property(written, fc.boolean(), (text, quoted) => {
          const yaml = fileWith(key, quoted ? JSON.stringify(text) : text);
          let value: unknown;
          try {
            value = parse(yaml);
          } catch {
            // It is no YAML, so there is nothing for a schema.
            return;
          }
          if (isRead(yaml)) expect([yaml, validate(value), validate.errors]).toEqual([yaml, true, null]);
        }),
        { numRuns: 150 },
      );
    },
  );

  test("refuses what the reader refuses, where no range of a text decides", () => {
    const forms: Partial<Record<keyof GivenSettings, readonly string[]>> = {
      socketPath: ["~", "~/a", "/a/", '""'],
      socketMode: ["1777", "88888", "rw", '"689"'],
      listen: ["/a.sock", '""', '"unix:"', "tcp:1"],
      socketGroup: ["a b", "a:b", '""'],
      store: ["~/a", '""', "mysql:x", '":memory:"', "postgres://a/b"],
      retentionDays: ["-1", "0", "40000", "soon", '"1d"'],
      http: ["localhost", "70000", "a:b:1", "yes", "-1"],
      httpToken: ["a b", "é", '""'],
      httpAllowedHosts: ["http://a", "[a b]", '""'],
      displayName: ['""', '" "', '"a\\nb"'],
      staleTimeoutMs: ["0", "-5", "5x", "9999999"],
      probe: ["Auto", "ps"],
      queueLimit: ["0", "1e-3", "-1", "many", "100000001"],
      logLevel: ["loud", "5"],
    };
    for (const [name, texts] of Object.entries(forms)) {
      for (const text of texts) {
        for (const key of fileKeys(settingTable[name as keyof GivenSettings])) {
          const yaml = fileWith(key, text);
          expect([yaml, isRead(yaml), isValid(yaml)]).toEqual([yaml, false, false]);
        }
      }
    }
  });
});
