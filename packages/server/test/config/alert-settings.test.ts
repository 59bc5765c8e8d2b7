import { chmodSync, writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import type { ReceiverSettings, ReceiverTarget } from "../../src/config/alert-settings.js";
import { Secret } from "../../src/config/secret.js";
import { UsageError } from "../../src/config/usage-error.js";
import { unset } from "../alerts/unset.js";
import { problemsOf, resolve } from "./resolved.js";

const planted = "pLanted-s3cret";
const discord = `https://discord.com/api/webhooks/1/${planted}`;

/** A file whose section of alerts has these lines. */
const file = (...lines: readonly string[]) =>
  `monitoring:\n  alerts:\n${lines.map((line) => `    ${line}\n`).join("")}`;

/** Problems of such a file, without the path of the section. */
const faults = (...lines: readonly string[]) => problemsOf({}, {}, file(...lines));

describe("the section alerts", () => {
  test("may be absent, empty, or hold all that there is", () => {
    expect(resolve({}, {}, "monitoring:\n  alerts:\n").settings.alerts.receivers).toEqual([]);
    const yaml = file(
      "receivers:",
      `  ops: { discord: { url: "${discord}" }, mention: { critical: ["<@&123>"] }, fallback: hook }`,
      "  hook:",
      "    webhook: { url_env: HOOK_URL, secret_env: HOOK_SECRET, ca: /etc/ca.pem }",
      "    rules: [down, custom:latency]",
      '    bots: "twitch/*"',
      "    labels: { team: a }",
      "    after: 15m",
      "    repeat: 1h",
      "  pager: { exec: { command: [/usr/bin/notify, --now] }, only: critical }",
      "  chat: { telegram: { token_env: HOOK_SECRET, chat_id: -100, api_url: https://t.example/ } }",
      "  push: { ntfy: { url_env: HOOK_URL, token_env: HOOK_SECRET } }",
      "  mail: { smtp: { host: mail.example, user: bot, password_env: HOOK_SECRET, from: a@example.org, to: [b@example.org] } }",
      `  duty: { pagerduty: { routing_key: ${"a".repeat(32)} } }`,
      "rules:",
      "  down: { for: 45s, hold: 0 }",
      "  absent: off",
      '  rss_mb: { above: 400, clear: 300, for: 10m, bots: ["twitch/*"], severity: info }',
      "  fleet_online: { least_pct: 90 }",
      '  latency: { above: 8000, models: ["gpt-4*"], features: chat }',
      "  error_rate: { for: 5m }",
      "  custom:latency: { metric: latency_ms, below: 5 }",
      "windows:",
      '  - { bots: ["*"], every: [sun, sat], at: 03:00, for: 30m, why: weekly restart }',
      '  - { bots: "a*", cron: "0 3 * * mon-fri", for: 1h, timezone: Asia/Kolkata, why: x }',
      "group_wait: 0",
      "group_interval: 2m",
      "reminder: { at: 08:30, weekly: false }",
      `deadman: { url: https://hc.example/${planted}, every: 30s }`,
    );
    const variables = { HOOK_URL: "https://a.example/hook", HOOK_SECRET: planted };
    const { alerts } = resolve({ timezone: "Europe/Berlin" }, variables, yaml).settings;
    const all = { only: null, rules: null, bots: null, labels: null, afterMs: null, repeatMs: null };
    const url = expect.any(Secret);
    expect(alerts.receivers).toEqual([
      {
        ...all,
        name: "ops",
        fallback: "hook",
        mention: { critical: ["<@&123>"] },
        target: { kind: "discord", url, ca: null },
      },
      {
        ...all,
        name: "hook",
        fallback: null,
        mention: {},
        rules: ["down", "custom:latency"],
        bots: ["twitch/*"],
        labels: { team: "a" },
        afterMs: 900_000,
        repeatMs: 3_600_000,
        target: { kind: "webhook", url, secret: url, ca: "/etc/ca.pem" },
      },
      {
        ...all,
        name: "pager",
        fallback: null,
        mention: {},
        only: ["critical"],
        target: { kind: "exec", command: ["/usr/bin/notify", "--now"], env: [] },
      },
      ...[
        {
          name: "chat",
          target: { kind: "telegram", token: url, chatId: "-100", apiUrl: "https://t.example", ca: null },
        },
        { name: "push", target: { kind: "ntfy", url, token: url, ca: null } },
        {
          name: "mail",
          target: {
            kind: "mail",
            host: "mail.example",
            port: 587,
            tls: "starttls",
            user: "bot",
            password: url,
            from: "a@example.org",
            to: ["b@example.org"],
            ca: null,
          },
        },
        {
          name: "duty",
          target: { kind: "pagerduty", routingKey: url, apiUrl: "https://events.pagerduty.com", ca: null },
        },
      ].map((receiver) => ({ ...all, fallback: null, mention: {}, ...receiver })),
    ]);
    expect(alerts.rules).toEqual({
      down: { ...unset, forMs: 45_000, holdMs: 0 },
      absent: { ...unset, enabled: false },
      rss_mb: {
        ...unset,
        above: 400,
        clear: 300,
        forMs: 600_000,
        bots: ["twitch/*"],
        severity: "info",
      },
      fleet_online: { ...unset, leastPct: 90 },
      latency: { ...unset, above: 8_000, models: ["gpt-4*"], features: ["chat"] },
      error_rate: { ...unset, forMs: 300_000 },
      "custom:latency": { ...unset, metric: "latency_ms", below: 5 },
    });
    const window = { rules: null, every: null, at: null, cron: null, timezone: null };
    expect(alerts.windows).toEqual([
      {
        ...window,
        bots: ["*"],
        every: ["sun", "sat"],
        at: "03:00",
        forMs: 1_800_000,
        why: "weekly restart",
      },
      {
        ...window,
        bots: ["a*"],
        cron: "0 3 * * mon-fri",
        timezone: "Asia/Kolkata",
        forMs: 3_600_000,
        why: "x",
      },
    ]);
    expect(alerts).toMatchObject({
      timezone: "Europe/Berlin",
      groupWaitMs: 0,
      groupIntervalMs: 120_000,
      reminder: { at: "08:30", weekly: false },
      deadman: { url, everyMs: 30_000 },
    });
  });

  test.each([
    [["reminder: off"], { at: null, weekly: false }],
    [['reminder: "07:15"'], { at: "07:15", weekly: true }],
    [["group_wait: 1s"], { at: "09:00", weekly: true }],
  ])("%j means the reminder %j", (lines, reminder) => {
    expect(resolve({}, {}, file(...lines)).settings.alerts.reminder).toEqual(reminder);
  });

  test("takes anchors and merged mappings, and a key of its own goes before a merged one", () => {
    const yaml = `x: &base { url: "${discord}", ca: /a }\n${file("receivers:", "  a: { slack: { <<: *base, ca: /b } }")}`;
    const [receiver] = resolve({}, {}, yaml).settings.alerts.receivers;
    expect(receiver?.target).toMatchObject({ kind: "slack", ca: "/b" });
  });
});

describe("each fault of the section alerts names line, column, path, and what was expected [alerts/A34]", () => {
  const hook = "  a: { webhook: { url: https://a.example } ";
  test.each<[readonly string[], string]>([
    [["reciever: {}"], 'kb.yaml:3:5 monitoring.alerts has no key "reciever": did you mean receivers?'],
    [["x: 1"], 'kb.yaml:3:5 monitoring.alerts has no key "x": expected one of receivers, rules,'],
    [["receivers: ops"], "kb.yaml:3:5 monitoring.alerts.receivers: expected a mapping by name"],
    [["receivers:", "  Ops: {}"], "kb.yaml:4:7 monitoring.alerts.receivers.Ops: expected a name of small"],
    [["receivers:", "  a: {}"], "kb.yaml:4:7 monitoring.alerts.receivers.a: expected one of discord, slack,"],
    [["receivers:", "  a: { dicsord: {} }"], 'receivers.a has no key "dicsord": did you mean discord?'],
    [
      ["receivers:", "  a: { discord: {} }"],
      "receivers.a.discord: expected one of the keys url, url_env, url_file",
    ],
    [
      ["receivers:", `${hook}, exec: { command: x } }`],
      "receivers.a: expected one of discord, slack, webhook, exec",
    ],
    [
      ["receivers:", `${hook}, only: [loud] }`],
      "kb.yaml:4:57 monitoring.alerts.receivers.a.only[0]: expected one of info, warning, critical",
    ],
    [["receivers:", `${hook}, only: critcal }`], "did you mean critical?"],
    [["receivers:", `${hook}, rules: [dwon] }`], "did you mean down?"],
    [
      ["receivers:", `${hook}, after: soon }`],
      'receivers.a.after: expected seconds, or a duration such as 30s, 2m, 1h or 7d, from 0 to 30d; got "soon"',
    ],
    [["receivers:", `${hook}, fallback: b }`], 'receivers.a.fallback: there is no receiver "b"'],
    [["receivers:", `${hook}, fallback: a }`], "receivers.a.fallback: expected another receiver than itself"],
    [
      ["receivers:", `${hook}, fallback: default }`],
      "receivers.a.fallback: there is no receiver default: set KISSBOT_MONITOR_ALERT_URL",
    ],
    [
      ["receivers:", `${hook}, mention: { critical: ["@here"] } }`],
      "receivers.a.mention: a receiver of the kind webhook mentions nobody",
    ],
    [["receivers:", `${hook} }`, `${hook} }`], "kb.yaml:5:7 monitoring.alerts.receivers.a: is there twice"],
    [
      ["receivers:", "  a: { discord: { url: x } }"],
      "receivers.a.discord.url: expected an address that begins with https:// or http://",
    ],
    [
      ["receivers:", "  a: { exec: { command: [] } }"],
      "receivers.a.exec.command: expected 1 to 100 values; got 0",
    ],
    [["receivers:", "  a: { exec: { command: } }"], "expected a word of the command; there is none"],
    [
      ["rules:", "  donw: { for: 1m }"],
      'kb.yaml:4:7 monitoring.alerts.rules has no rule "donw": did you mean down?',
    ],
    [
      ["rules:", "  down: { above: 4 }"],
      'rules.down has no key "above": expected one of enabled, for, hold, severity, bots',
    ],
    [["rules:", "  down: 5"], "rules.down: expected a mapping with some of enabled"],
    [["rules:", "  rss_mb: { for: 1m }"], "rules.rss_mb: expected the key above"],
    [
      ["rules:", "  rss_mb: { above: 5, clear: 6 }"],
      "kb.yaml:4:27 monitoring.alerts.rules.rss_mb.clear: expected at most 5, the limit; got 6",
    ],
    [["rules:", "  custom:a: { above: 5 }"], 'rules."custom:a": expected the key metric; there is none'],
    [["rules:", "  custom:a: { metric: b, above: 5, below: 4 }"], "expected above or below, not both"],
    [["rules:", "  latency: { models: gpt* }"], "rules.latency: expected the key above"],
    [
      ["rules:", "  latency: { above: 5, features: [''] }"],
      "expected a name, in which * stands for any text",
    ],
    [
      ["rules:", "  error_rate: { above: 101 }"],
      'kb.yaml:4:21 monitoring.alerts.rules.error_rate.above: expected a number from 0 to 100; got "101"',
    ],
    [
      ["rules:", "  latency: { above: 86400001 }"],
      'kb.yaml:4:18 monitoring.alerts.rules.latency.above: expected a number from 0 to 86400000; got "86400001"',
    ],
    [
      ["rules:", "  latency: { above: 5, clear: 90000000 }"],
      'rules.latency.clear: expected a number from 0 to 86400000; got "90000000"',
    ],
    [["rules:", "  cpu_pct: { above: 1000001 }"], 'expected a number from 0 to 1000000; got "1000001"'],
    [["rules:", "  rss_mb: { above: 100000001 }"], 'expected a number from 0 to 100000000; got "100000001"'],
    [
      ["rules:", "  error_rate: { clear: 30 }"],
      "expected at most 25, the limit where above is not set; got 30",
    ],
    [["rules:", "  error_rate: { model: a }"], "did you mean models?"],
    [["rules:", "  fleet_online: { for: 1m }"], "rules.fleet_online: expected the key least or least_pct"],
    [["rules:", "  fleet_online: { least_pct: 101 }"], "expected a number above 0 and up to 100"],
    [
      ["windows:", "  - { bots: a, at: 25:00, for: 1h, why: x }"],
      'kb.yaml:4:20 monitoring.alerts.windows[0].at: expected a time of day such as "03:00"; got "25:00"',
    ],
    [
      ["windows:", "  - { bots: a, for: 1h, why: x }"],
      "kb.yaml:4:9 monitoring.alerts.windows[0]: expected the key at or cron",
    ],
    [
      ["windows:", "  - { bots: a, at: 03:00, cron: '* * * * *', for: 1h, why: x }"],
      "expected cron, or at and every, not both",
    ],
    ...["99 3 * * *", "0 3 * * 8", "0 3 * foo *", "*/0 3 * * *", "0 3 30 2 *"].map(
      (cron): [string[], string] => [
        ["windows:", `  - { bots: a, cron: "${cron}", for: 1h, why: x }`],
        `windows[0].cron: expected five cron fields of a time that exists, such as "0 3 * * sun"; got "${cron}"`,
      ],
    ),
    [
      ["windows:", "  - { bots: a, at: 03:00, for: 1h, why: x, timezone: Mars/One }"],
      "windows[0].timezone: expected a time zone such as Europe/Berlin",
    ],
    [
      ["windows:", "  - { bots: a, at: 03:00, every: [sunday], for: 1h, why: x }"],
      "windows[0].every[0]: expected one of mon, tue",
    ],
    [["windows:", "  - { bots: a, at: 03:00, for: 1h }"], "windows[0]: expected the key why; there is none"],
    [["reminder: noon"], 'alerts.reminder: expected a time of day such as "09:00", or off; got "noon"'],
    [["deadman: { every: 5 }"], "alerts.deadman"],
    [["group_wait: -1"], "alerts.group_wait: expected seconds"],
    [
      ["group_wait: [1, 2]"],
      "alerts.group_wait: expected seconds, or a duration such as 30s, 2m, 1h or 7d, from 0 to 1h; got a list",
    ],
    [["receivers: &x { a: *x }"], "holds itself"],
  ])("%j", (lines, said) => {
    const problems = faults(...lines);
    expect(problems.join("\n")).toContain(said);
    for (const problem of problems) expect(problem).toMatch(/^kb\.yaml:\d+:\d+ monitoring\.alerts/);
  });

  test("all faults are told at once [alerts/A34]", () => {
    const problems = faults(
      "receivers:",
      "  a: { discord: {}, only: x }",
      "group_wait: x",
      "rules: { down: 5 }",
    );
    expect(problems.map((problem) => problem.split(" ", 1)[0])).toEqual([
      "kb.yaml:4:12",
      "kb.yaml:4:25",
      "kb.yaml:6:14",
      "kb.yaml:5:5",
    ]);
  });

  test("an alias that is repeated a million times is refused, and ends", () => {
    const levels = Array.from({ length: 8 }, (_, i) => `  l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(10)}]`);
    const problems = faults("l0: &l0 [1]", ...levels.map((line) => line.trim()));
    expect(problems.join("\n")).toContain("expected at most 100000 values in all");
    expect(problems.length).toBeLessThan(12);
  });
});

describe("a secret of the section alerts", () => {
  const withUrl = (key: string, value: string) =>
    file("receivers:", `  a: { discord: { ${key}: ${value} } }`);
  const targetOf = (yaml: string, environment = {}) =>
    resolve({}, environment, yaml).settings.alerts.receivers[0]?.target as ReceiverTarget & { url: Secret };

  test("stands in the file, in a variable, or in a file that is read anew each time", async () => {
    using place = new TemporaryFolder("alerts");
    const path = place.file("url");
    writeFileSync(path, `${discord}\n`, { mode: 0o600 });
    expect(await targetOf(withUrl("url", discord)).url.reveal()).toBe(discord);
    expect(await targetOf(withUrl("url_env", "URL"), { URL: discord }).url.reveal()).toBe(discord);
    const { url } = targetOf(withUrl("url_file", path));
    expect(await url.reveal()).toBe(discord);
    expect(url.isSameAs(targetOf(withUrl("url_file", path)).url)).toBe(true);
    writeFileSync(path, "https://discord.com/api/webhooks/2/new");
    expect(await url.reveal()).toBe("https://discord.com/api/webhooks/2/new");
    // A receiver that was broken is tried anew.
    expect(url.isSameAs(targetOf(withUrl("url_file", path)).url)).toBe(false);
    writeFileSync(path, "");
    await expect(url.reveal()).rejects.toThrow("the secret's file is empty");
    writeFileSync(path, "x".repeat(70_000));
    await expect(url.reveal()).rejects.toThrow("the secret's file has more than 65536 bytes");
    await expect(Secret.ofFile(place.file("none")).reveal()).rejects.toThrow("cannot be read (ENOENT)");
  });

  test("that is not there is a fault where a monitor is started, and nothing to a command that sends nothing [packaging/K7]", () => {
    for (const yaml of [withUrl("url_env", "URL"), withUrl("url_file", "/nowhere/url")]) {
      expect(problemsOf({}, {}, yaml)).toHaveLength(1);
      expect(problemsOf({}, {}, yaml)[0]).toMatch(
        /^kb\.yaml:4:23 monitoring\.alerts\.receivers\.a\.discord\.url_/,
      );
      expect(resolve({}, {}, yaml, { serving: false }).notices).toEqual([]);
      expect(resolve({}, {}, yaml, { secrets: "noticed" }).notices).toHaveLength(1);
    }
    expect(problemsOf({}, {}, withUrl("url", `${discord}, url_env: A`))[0]).toContain("url sets the same");
  });

  test("prints as *** whichever way it is printed [alerts/A27]", () => {
    const { settings, leaves } = resolve({ "alert-url": discord }, {}, withUrl("url", discord));
    const secret = settings.alertUrl as Secret;
    const printed = [
      `${secret}`,
      String(secret),
      inspect(secret),
      inspect({ secret }, { showHidden: true, depth: 9 }),
      JSON.stringify(settings),
      inspect(settings, { depth: 20, showHidden: true }),
      JSON.stringify(leaves),
    ];
    for (const text of printed) {
      expect(text).not.toContain(planted);
      expect(text).toContain("***");
    }
    expect(leaves.map(({ path, text }) => [path, text])).toEqual([["alerts.receivers.a.discord.url", "***"]]);
  });

  test("is in no fault, wherever it was written by mistake [alerts/A27]", () => {
    for (const yaml of [
      withUrl("url", `ftp://${planted}`),
      withUrl("url", `[${planted}]`),
      withUrl("ulr", planted),
      file("receivers:", `  a: { discord: ${discord} }`),
      file("receivers:", `  a: ${discord}`),
      file(`receivers: ${discord}`),
      file("receivers:", `  a: { webhook: { url: https://a.example, secret: { a: ${planted} } } }`),
      file(`deadman: ${discord}`),
      file(`deadman: { url: ${planted} }`),
      `monitoring:\n  alerts: ${discord}\n`,
      `monitoring:\n  alert_url: x${planted}\n`,
    ]) {
      const problems = problemsOf({}, {}, yaml);
      expect(problems.length, yaml).toBeGreaterThan(0);
      expect(problems.join("\n")).not.toContain(planted);
    }
    expect(() => resolve({}, { KISSBOT_MONITOR_ALERT_URL: planted })).toThrow(UsageError);
    expect(problemsOf({}, { KISSBOT_MONITOR_ALERT_URL: planted }).join()).not.toContain(planted);
  });
});

describe("one URL", () => {
  test.each([
    [discord, "discord"],
    ["https://canary.discord.com/api/webhooks/1/x", "discord"],
    ["https://discordapp.com/api/v10/webhooks/1/x", "discord"],
    ["https://hooks.slack.com/services/T/B/x", "slack"],
    ["https://alerts.example.org/in", "webhook"],
    ["https://ntfy.sh/topic", "ntfy"],
    ["http://127.0.0.1:9/in", "webhook"],
  ])("%s means a receiver named default of the kind %s", async (url, kind) => {
    for (const given of [resolve({ "alert-url": url }), resolve({}, { KISSBOT_MONITOR_ALERT_URL: url })]) {
      const [receiver, ...others] = given.settings.alerts.receivers;
      expect(others).toEqual([]);
      expect(receiver).toMatchObject({ name: "default", target: { kind }, only: null });
      const { url: secret } = (receiver as ReceiverSettings).target as { url: Secret };
      expect(await secret.reveal()).toBe(url);
    }
  });

  test.each([
    `smtp://us%er:${planted}@mail.example?from=a@b&to=c@d`,
    `smtp://user:${planted}%zz@mail.example?from=a@b&to=c@d`,
    `ntfy://${planted}%@ntfy.example/topic`,
    `ntfy://ntfy.example/${planted}%zz`,
    `https://user:${planted}%zz@alerts.example.org/in`,
  ])(
    "with a %% that encodes nothing is refused, and is not repeated: %s [alerts/A27] [alerts/A34]",
    (url) => {
      let said = "";
      try {
        resolve({ "alert-url": url });
      } catch (error) {
        said = String(error);
      }
      expect(said).toContain("--alert-url: expected the address of");
      expect(said).not.toContain(planted);
    },
  );

  test("signs with what stands behind #, which is not sent", async () => {
    const { alerts } = resolve({ "alert-url": "https://a.example/in#whsec_c2VjcmV0" }).settings;
    const target = alerts.receivers[0]?.target as { url: Secret; secret: Secret };
    expect(await target.url.reveal()).toBe("https://a.example/in");
    expect(await target.secret.reveal()).toBe("whsec_c2VjcmV0");
  });

  test("of Telegram, ntfy, mail and PagerDuty gives their parts, and keeps the secret ones", async () => {
    const targetOf = (url: string) => {
      const [receiver] = resolve({ "alert-url": url }).settings.alerts.receivers;
      return (receiver as ReceiverSettings).target;
    };
    const telegram = targetOf(`https://api.telegram.org/bot1:${planted}/sendMessage?chat_id=-100`);
    expect(telegram).toMatchObject({ kind: "telegram", chatId: "-100", apiUrl: "https://api.telegram.org" });
    expect(await (telegram as { token: Secret }).token.reveal()).toBe(`1:${planted}`);
    const ntfy = targetOf(`ntfy://${planted}@ntfy.example/topic`) as { url: Secret; token: Secret };
    expect(await ntfy.url.reveal()).toBe("https://ntfy.example/topic");
    expect(await ntfy.token.reveal()).toBe(planted);
    const mail = targetOf(
      `smtps://bot%40a:${planted}@mail.example?from=a@example.org&to=b@example.org,c@example.org`,
    );
    expect(mail).toMatchObject({
      kind: "mail",
      host: "mail.example",
      port: 465,
      tls: "implicit",
      user: "bot@a",
      from: "a@example.org",
      to: ["b@example.org", "c@example.org"],
    });
    expect(await (mail as { password: Secret }).password.reveal()).toBe(planted);
    expect(targetOf("smtp://mail.example?from=a@b&to=c@d")).toMatchObject({
      port: 587,
      tls: "starttls",
      user: null,
    });
    const key = "0123456789abcdef0123456789ABCDEF";
    for (const url of [
      `pagerduty://${key}`,
      `https://events.eu.pagerduty.com/v2/enqueue?routing_key=${key}`,
    ]) {
      const target = targetOf(url) as { kind: string; routingKey: Secret };
      expect([target.kind, await target.routingKey.reveal()]).toEqual(["pagerduty", key]);
    }
    expect(JSON.stringify([telegram, ntfy, mail])).not.toContain(planted);
  });

  test("may stand in a file, which is read anew each time", async () => {
    using place = new TemporaryFolder("alerts");
    const path = place.file("url");
    writeFileSync(path, discord);
    chmodSync(path, 0o600);
    const { alerts } = resolve({}, { KISSBOT_MONITOR_ALERT_URL_FILE: path }).settings;
    const [receiver] = alerts.receivers;
    const { url } = (receiver as ReceiverSettings).target as { url: Secret };
    writeFileSync(path, `${discord}2`);
    expect(await url.reveal()).toBe(`${discord}2`);
  });

  test("comes before the receivers of the file, and collides with one of its name", () => {
    const yaml = (name: string) => file("receivers:", `  ${name}: { exec: { command: x } }`);
    const given = resolve({ "alert-url": discord }, {}, yaml("ops"));
    expect(given.settings.alerts.receivers.map(({ name }) => name)).toEqual(["default", "ops"]);
    expect(problemsOf({ "alert-url": discord }, {}, yaml("default"))).toEqual([
      "--alert-url: sets the receiver default, which the config file has already",
    ]);
  });

  test.each([
    "https://discord.com/channels/1/2",
    "discord",
    "https://",
    "smtp://mail.example?from=a",
    "ntfy://ntfy.sh",
    "pagerduty://short",
    "https://events.pagerduty.com/v2/enqueue?routing_key=",
    "smtp://bot@mail.example?from=a@x.org&to=b@x.org",
    "smtp://:secret@mail.example?from=a@x.org&to=b@x.org",
    "ntfy://user:secret@ntfy.example/topic",
    "mailto:a@example.org",
  ])("%s is none", (url) =>
    expect(problemsOf({ "alert-url": url })[0]).toMatch(/^--alert-url: expected the address of/),
  );
});
