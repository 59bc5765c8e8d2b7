import { expect, test } from "vitest";
import { sshTunnel } from "../../src/cli/ssh-tunnel.js";
import { startFields, startScreen } from "../../src/cli/start-screen.js";
import { defaultSettings } from "../../src/config/default-settings.js";
import type { Environment } from "../../src/config/given-value.js";
import { Secret } from "../../src/config/secret.js";
import type { StartReport } from "../../src/start-report.js";
import { budgetOf } from "../cost/plain-budget.js";
import { receiver } from "../notices/sample.js";

const terminal = { style: (_style: string, text: string) => text };
const report = {
  socketPath: "/run/kissbot/monitor.sock",
  whoMayConnect: "owner kissbot and group bots (mode 0660)",
  listeners: [] as StartReport["listeners"],
  store: { url: "/var/lib/kissbot/monitor.db", open: true, detail: null, bots: 2 },
  http: "http://127.0.0.1:7788",
  configFile: null,
};
const ssh = { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.7 22", USER: "anna" };

function linesOf(
  given = report,
  environment: Environment = {},
  httpToken: string | null = null,
  alerts = defaultSettings().alerts,
  budgets = defaultSettings().budgets,
): string[] {
  return startScreen(
    given,
    { settings: { httpToken, alerts, budgets, fleet: null }, environment },
    terminal,
  ).split("\n");
}

test("it says whether anybody would be told, and by what that is tried", () => {
  const alertsOf = (lines: readonly string[]) => lines.find((line) => line.startsWith("  Alerts "));
  expect(alertsOf(linesOf())).toBe("  Alerts            no receiver yet: set KISSBOT_MONITOR_ALERT_URL");
  const target = { kind: "discord", url: Secret.ofValue("https://discord.example/x"), ca: null } as const;
  const alerts = { ...defaultSettings().alerts, receivers: [receiver(target)] };
  expect(alertsOf(linesOf(report, {}, null, alerts))).toMatch(
    /go to ops \(discord\); \S.* alerts test sends a test$/,
  );
});

test("it says which budgets hold, where there are any", () => {
  const { alerts } = defaultSettings();
  const lineOf = (lines: readonly string[]) => lines.filter((line) => line.startsWith("  Budgets "));
  expect(lineOf(linesOf())).toEqual([]);
  const budgets = [
    budgetOf({ usd: 50, per: "month" }),
    budgetOf({ name: "bot", usd: 0.05, each: "channel" }),
  ];
  expect(lineOf(linesOf(report, {}, null, alerts, budgets))).toEqual([
    "  Budgets           fleet $50.00 a month, bot $0.050 a day for each channel",
  ]);
});

test("the address for people comes first, and every path is absolute [trial/O11]", () => {
  expect(linesOf().slice(0, 7)).toEqual([
    "KissBot Monitor is running.",
    "",
    "  HTTP              http://127.0.0.1:7788",
    "                    the page with the fleet; /healthz, /metrics, /api/v1/bots",
    "  Bots connect to   /run/kissbot/monitor.sock",
    "                    allowed: owner kissbot and group bots (mode 0660)",
    `  Database          /var/lib/kissbot/monitor.db (2 bots known)`,
  ]);
  expect(startFields(report, "here")).toMatchObject({
    monitor: "here",
    http: "http://127.0.0.1:7788",
    socket: "/run/kissbot/monitor.sock",
    database: "/var/lib/kissbot/monitor.db",
  });
});

test("it says where each principal of listeners: connects, and who may", () => {
  const listeners = [
    { principal: "team_a", socketPath: "/run/a/monitor.sock", whoMayConnect: "group a (mode 0660)" },
    { principal: "x".repeat(20), socketPath: "/run/b/monitor.sock", whoMayConnect: "root alone (mode 0600)" },
  ];
  expect(linesOf({ ...report, listeners }).slice(4, 11)).toEqual([
    "  Bots connect to   /run/kissbot/monitor.sock",
    "                    allowed: owner kissbot and group bots (mode 0660)",
    "  team_a            /run/a/monitor.sock",
    "                    allowed: group a (mode 0660)",
    `  ${"x".repeat(15)}…  /run/b/monitor.sock`,
    "                    allowed: root alone (mode 0600)",
    "  Database          /var/lib/kissbot/monitor.db (2 bots known)",
  ]);
  expect(startFields({ ...report, listeners }, "here")).toMatchObject({
    listeners: { team_a: { socket: "/run/a/monitor.sock", who_may_connect: "group a (mode 0660)" } },
  });
  expect(startFields(report, "here")).not.toHaveProperty("listeners");
});

test("over SSH the screen has the command that brings the address to one's own computer [trial/O11]", () => {
  expect(linesOf(report, ssh).slice(2, 6)).toEqual([
    "  HTTP              http://127.0.0.1:7788",
    "                    the page with the fleet; /healthz, /metrics, /api/v1/bots",
    "  Over SSH          ssh -L 7788:127.0.0.1:7788 anna@192.0.2.7",
    "                    run it on your own computer to open the address there",
  ]);
  expect(linesOf().join("\n")).not.toContain("ssh ");
  expect(linesOf({ ...report, http: null } as never, ssh).join("\n")).not.toContain("ssh ");
});

test.each([
  ["http://127.0.0.1:7788", ssh, "ssh -L 7788:127.0.0.1:7788 anna@192.0.2.7"],
  ["http://[::1]:8000", ssh, "ssh -L 8000:[::1]:8000 anna@192.0.2.7"],
  [
    "http://127.0.0.1:1",
    { SSH_CONNECTION: "2001:db8::1 50000 2001:db8::7 2222" },
    "ssh -p 2222 -L 1:127.0.0.1:1 2001:db8::7",
  ],
  // Everybody may ask there already.
  ["http://0.0.0.0:7788", ssh, null],
  ["http://127.0.0.1:7788", {}, null],
  // Whoever sets it must not put a command on the screen.
  ["http://127.0.0.1:7788", { SSH_CONNECTION: "a b $(reboot) 22" }, null],
  ["http://127.0.0.1:7788", { ...ssh, USER: "$(reboot)" }, "ssh -L 7788:127.0.0.1:7788 192.0.2.7"],
])("the tunnel to %s with %j is %s", (url, environment, expected) => {
  expect(sshTunnel(url, environment)).toBe(expected);
});
