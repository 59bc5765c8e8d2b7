import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { fleetFrom } from "../../src/config/fleet-address.js";
import { listenerOf } from "../config/listener-of.js";
import { Place } from "../daemon/place.js";
import { Scraped } from "../metrics/scraped.js";
import { alertRules, dashboard, rulesFile, selectorsIn, withoutVariables } from "./rule-files.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const promtool = promtoolOf(root);
if (promtool === null) {
  console.warn("rules.test.ts: SKIPPED: no promtool (Debian: apt-get install prometheus).");
}
const place = new Place();
/** What a real monitor answers while both bots live, and when one is dead and one said goodbye. */
let before: Scraped;
let after: Scraped;

beforeAll(async () => {
  const listeners = [listenerOf("team_a", place.folder.file("team_a.sock"))];
  // Nobody listens there.
  const fleet = fleetFrom("postgres://nobody@127.0.0.1:1/none") ?? null;
  const { report } = await place.start({ metricsIntervalMs: 100, listeners, fleet });
  const scrape = async () => new Scraped(await (await fetch(`${report.http}/metrics`)).text());
  const up = (scraped: Scraped, channel: string) => scraped.value("kissbot_bot_up", { channel });
  const bots = ["killed", "goodbye"].map(() => Child.node(["-e", "setInterval(() => {}, 1e3)"]));
  const connection = await place.connect();
  const [killed, left] = bots.map((bot, i) => ({ channel: ["killed", "goodbye"][i], pid: bot.pid }));
  for (const bot of [killed, left]) connection.send({ type: "heartbeat", ...bot });
  await until(
    "both are up",
    async () => {
      before = await scrape();
      return up(before, "killed") === 1 && up(before, "goodbye") === 1;
    },
    { timeoutMs: 30_000 },
  );
  connection.send({ type: "unregister", ...left });
  await Promise.all(bots.map((bot) => bot.kill()));
  await until(
    "one is dead, and one has left",
    async () => {
      after = await scrape();
      return up(after, "killed") === 0 && up(after, "goodbye") === undefined;
    },
    { timeoutMs: 30_000 },
  );
}, 120_000);

afterAll(async () => {
  await place[Symbol.asyncDispose]();
});

const exprs = [
  ...alertRules.map(({ alert, expr }) => [`rule ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, refId }) => [`panel ${title}, ${refId}`, expr] as const),
  ),
  ...dashboard.templating.list.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [[`variable ${name}`, definition] as const],
  ),
];

describe("rules and dashboard", () => {
  const page = readFileSync(join(root, "docs", "http-api.md"), "utf8");
  const labelsOf = new Map(
    [...page.matchAll(/^\| `(kissbot_\w+)` \| \w+ \| ([^|]*) \|/gm)].map(([, name = "", cell = ""]) => [
      name,
      [...cell.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label),
    ]),
  );

  test.each(exprs)(
    "%s names metrics that a monitor has, and labels that they have [packaging/K6]",
    (_, expr) => {
      const selectors = selectorsIn(expr);
      expect(selectors.length).toBeGreaterThan(0);
      for (const { metric, labels } of selectors) {
        // Prometheus adds `up`, `job` and `instance`.
        if (metric === "up") continue;
        const family = metric.replace(/_bucket$/, "");
        expect([...before.types.keys()], metric).toContain(family);
        if (metric !== family) expect(before.types.get(family)).toBe("histogram");
        const known = ["job", "instance", ...(labelsOf.get(family) ?? [])];
        for (const label of labels) expect(known, `${metric}{${label}}`).toContain(label);
      }
    },
  );

  test("would miss a metric or a label that is gone", () => {
    expect(selectorsIn('sum(rate(kissbot_gone{a="1",b!~"2"}[5m])) / up{job="x"}')).toEqual([
      { metric: "kissbot_gone", labels: ["a", "b"] },
      { metric: "up", labels: ["job"] },
    ]);
  });

  test("no two panels lie on one another, and each has an id of its own", () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  test("each rule says in a sentence what is wrong, and how bad it is", () => {
    expect(alertRules.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining(["MonitorGone", "BotDown", "StoreDegraded", "ClientsDropping", "LlmCostHigh"]),
    );
    expect(new Set(alertRules.map(({ alert }) => alert)).size).toBe(alertRules.length);
    for (const { alert, annotations, labels } of alertRules) {
      expect(annotations["summary"], alert).toBeTruthy();
      expect(["critical", "warning", "info"], alert).toContain(labels["severity"]);
    }
  });
});

test("docs/prometheus.md lists every rule with its severity, and no other", () => {
  const page = readFileSync(join(root, "docs", "prometheus.md"), "utf8");
  const rows = [...page.matchAll(/^\| (`[A-Z][^|]*) \| [^|]* \| ([^|]*) \|$/gm)];
  const listed = rows.flatMap(([, names = "", severities = ""]) => {
    const each = severities.split(", ");
    return [...names.matchAll(/`(\w+)`/g)].map(([, name = ""], i) => `${name} ${each[i] ?? each[0]}`);
  });
  expect(listed.sort()).toEqual(
    alertRules.map(({ alert, labels }) => `${alert} ${labels["severity"]}`).sort(),
  );
});

test("promtool is there in CI [packaging/K6]", () => {
  expect(promtool !== null || !process.env["CI"] || process.platform !== "linux").toBe(true);
});

describe.skipIf(promtool === null)("promtool", () => {
  const tool = (args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool ?? "", args, { encoding: "utf8" });
    return { status, said: `${stdout}${stderr}` };
  };

  test("understands every rule and every expression of the dashboard [packaging/K6]", () => {
    using folder = new TemporaryFolder("rules");
    const records = exprs
      .filter(([name]) => name.startsWith("panel "))
      .map(([, expr], i) => ({ record: `panel:${i}`, expr: withoutVariables(expr) }));
    const file = folder.file("dashboard.yml");
    writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules: records }] }));
    for (const rules of [fileURLToPath(rulesFile), file]) {
      const { status, said } = tool(["check", "rules", rules]);
      expect(status, said).toBe(0);
    }
  });

  test("takes the config of docs/prometheus.md, with the rules beside it", () => {
    using folder = new TemporaryFolder("rules");
    const page = readFileSync(join(root, "docs", "prometheus.md"), "utf8");
    const [, block = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(page) ?? [];
    copyFileSync(rulesFile, folder.file("kissbot-rules.yml"));
    writeFileSync(folder.file("kissbot-token"), "secret");
    const withToken = `${block}    authorization: { credentials_file: kissbot-token }\n`;
    for (const [name, text] of Object.entries({ "plain.yml": block, "token.yml": withToken })) {
      writeFileSync(folder.file(name), text);
      const { status, said } = tool(["check", "config", folder.file(name)]);
      expect(status, said).toBe(0);
      expect(said).toContain(`${alertRules.length} rules found`);
    }
  });

  test("BotDown fires for a bot that a monitor calls dead, and not for one that said goodbye [packaging/K6]", () => {
    const inputs = before.of("kissbot_bot_up").map(([labels, value]) => {
      const now = after.of("kissbot_bot_up").find(([own]) => own["channel"] === labels["channel"]);
      // A line that is gone from the next scrape is stale for Prometheus.
      const rest = now === undefined ? "stale" : `${now[1]}x20`;
      return { series: `kissbot_bot_up${selector(labels)}`, values: `${value}x3 ${rest}` };
    });
    expect(inputs.map(({ values }) => values).sort()).toEqual(["1x3 0x20", "1x3 stale"]);
    judge([
      { inputs, at: "2m", alert: "BotDown", fires: [] },
      { inputs, at: "15m", alert: "BotDown", fires: [{ channel: "killed" }] },
    ]);
  });

  test("the other rules fire for what they are named after, and only then [packaging/K6]", () => {
    const series = (metric: string, labels: Record<string, string>, values: string) => ({
      series: `${metric}${selector(labels)}`,
      values,
    });
    const problem = (code: string) => series("kissbot_problem", { code }, "1x30");
    const calls = (outcome: string, values: string) =>
      series("kissbot_llm_calls_total", { channel: "a", model: "m", feature: "f", outcome }, values);
    const cost = (values: string) =>
      series(
        "kissbot_llm_cost_usd_total",
        { channel: "a", model: "m", feature: "f", source: "told" },
        values,
      );
    const shed = (reason: string) =>
      series("kissbot_messages_shed_total", { type: "llm_usage", reason }, "0+1x30");
    const principalShed = (reason: string) =>
      series("kissbot_principal_shed_total", { principal: "team_a", reason }, "0+1x30");
    const lostToFleet = (values: string) =>
      series("kissbot_fleet_database_rows_lost_total", { table: "llm_usage", reason: "deleted" }, values);
    const fleetUp = (values: string) => series("kissbot_fleet_database_up", {}, values);
    judge([
      { inputs: [fleetUp("1x10 0x20")], at: "27m", alert: "FleetDatabaseDown", fires: [{}] },
      { inputs: [fleetUp("1x10 0x10 1x10")], at: "27m", alert: "FleetDatabaseDown", fires: [] },
      {
        inputs: [lostToFleet("0x10 5x20")],
        at: "15m",
        alert: "FleetRowsLost",
        fires: [{ table: "llm_usage", reason: "deleted" }],
      },
      { inputs: [lostToFleet("5x30")], at: "15m", alert: "FleetRowsLost", fires: [] },
      { inputs: [series("up", {}, "0x10")], at: "5m", alert: "MonitorGone", fires: [{}] },
      { inputs: [series("up", {}, "1x10")], at: "5m", alert: "MonitorGone", fires: [] },
      { inputs: [problem("store_busy")], at: "10m", alert: "StoreDegraded", fires: [{ code: "store_busy" }] },
      { inputs: [problem("store_busy")], at: "10m", alert: "MonitorDegraded", fires: [] },
      {
        inputs: [problem("socket_lost")],
        at: "10m",
        alert: "MonitorDegraded",
        fires: [{ code: "socket_lost" }],
      },
      { inputs: [problem("socket_lost")], at: "10m", alert: "StoreDegraded", fires: [] },
      {
        // The first line that there is, and nothing after it.
        inputs: [series("kissbot_client_dropped_total", { channel: "a" }, "_x5 7x40")],
        at: "8m",
        alert: "ClientsDropping",
        fires: [{ channel: "a" }],
      },
      {
        inputs: [series("kissbot_client_dropped_total", { channel: "a" }, "_x5 7x40")],
        at: "40m",
        alert: "ClientsDropping",
        fires: [],
      },
      { inputs: [shed("coalesced")], at: "10m", alert: "RowsShed", fires: [] },
      { inputs: [shed("over_quota")], at: "10m", alert: "RowsShed", fires: [] },
      {
        inputs: [shed("queue_full")],
        at: "10m",
        alert: "RowsShed",
        fires: [{ type: "llm_usage", reason: "queue_full" }],
      },
      {
        inputs: [principalShed("over_quota"), principalShed("unauthorized")],
        at: "10m",
        alert: "PrincipalOverQuota",
        fires: [{ principal: "team_a", reason: "over_quota" }],
      },
      { inputs: [principalShed("unauthorized")], at: "10m", alert: "PrincipalOverQuota", fires: [] },
      { inputs: [cost("0+1x120")], at: "110m", alert: "LlmCostHigh", fires: [{}], value: "110.00" },
      { inputs: [cost("0+0.01x120")], at: "110m", alert: "LlmCostHigh", fires: [] },
      {
        inputs: [calls("ok", "0+3x40"), calls("timeout", "0+1x40")],
        at: "35m",
        alert: "LlmCallsFail",
        fires: [{ model: "m" }],
        value: "25%",
      },
      {
        inputs: [calls("ok", "0+9x40"), calls("timeout", "0+1x40")],
        at: "35m",
        alert: "LlmCallsFail",
        fires: [],
      },
      // Two calls of which one failed are no reason to wake anybody.
      {
        inputs: [calls("ok", "0x20 1x20"), calls("timeout", "0x20 1x20")],
        at: "35m",
        alert: "LlmCallsFail",
        fires: [],
      },
    ]);
  });

  interface Judged {
    readonly inputs: readonly { readonly series: string; readonly values: string }[];
    readonly at: string;
    readonly alert: string;
    /** The labels of each alert, beside those that each has. */
    readonly fires: readonly Readonly<Record<string, string>>[];
    /** What stands in the place of a value in the annotations. */
    readonly value?: string;
  }

  function judge(cases: readonly Judged[]): void {
    using folder = new TemporaryFolder("rules");
    copyFileSync(rulesFile, folder.file("rules.yml"));
    const tests = cases.map(({ inputs, at, alert, fires, value }) => ({
      interval: "1m",
      input_series: inputs,
      alert_rule_test: [
        {
          alertname: alert,
          eval_time: at,
          exp_alerts: fires.map((labels) => expectedOf(alert, labels, value)),
        },
      ],
    }));
    const file = folder.file("tests.yml");
    writeFileSync(file, stringify({ rule_files: ["rules.yml"], evaluation_interval: "1m", tests }));
    const { status, said } = tool(["test", "rules", file]);
    expect(status, said).toBe(0);
  }
});

/** Fetched in CI where it is missing; null where there is none. */
function promtoolOf(folder: string): string | null {
  const script =
    'import("./.ci/promtool.mjs").then(({ providePromtool }) => console.log(providePromtool() ?? ""))';
  const { stdout } = spawnSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
  return stdout.trim() === "" ? null : stdout.trim();
}

/** With the labels that Prometheus adds. */
function selector(labels: Readonly<Record<string, string>>): string {
  const all = { ...labels, job: "kissbot", instance: "i" };
  return `{${Object.entries(all)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(",")}}`;
}

function expectedOf(name: string, labels: Readonly<Record<string, string>>, value = "") {
  const rule = alertRules.find(({ alert }) => alert === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  const isSum = /^sum by/.test(rule.expr);
  const all: Record<string, string> = {
    ...rule.labels,
    ...labels,
    instance: "i",
    ...(isSum ? {} : { job: "kissbot" }),
  };
  const filled = (text: string) =>
    text
      .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => all[label] ?? "")
      .replaceAll(/\{\{ \$value[^}]*\}\}/g, value);
  const annotations = Object.entries(rule.annotations).map(([key, text]) => [key, filled(text)]);
  return { exp_labels: all, exp_annotations: Object.fromEntries(annotations) };
}
