import process from "node:process";
import type { Environment } from "../config/given-value.js";
import type { Settings } from "../config/settings.js";
import { defaultSocketPath } from "../config/socket-path.js";
import type { StartReport } from "../start-report.js";
import { version } from "../version.js";
import { budgetLine } from "./budget-line.js";
import { commandName } from "./command-name.js";
import { amountOf } from "./quantity-text.js";
import { sshTunnel } from "./ssh-tunnel.js";
import type { Terminal } from "./terminal.js";
import { cutToWidth } from "./text-width.js";

/** What the start screen shows. */
interface ShownReport extends StartReport {
  /** The config file that was read; null where there is none. */
  readonly configFile: string | null;
}

export interface StartScreenOptions {
  readonly settings: Pick<Settings, "httpToken" | "alerts" | "budgets" | "fleet">;
  readonly environment: Environment;
}

interface HttpLinesOptions {
  readonly settings: Pick<Settings, "httpToken">;
  readonly environment: Environment;
}

const defaultUrl = "http://127.0.0.1:7788";

/**
 * For the first start: the addresses and paths, who may connect, and what to do next.
 */
export function startScreen(
  report: ShownReport,
  { settings, environment }: StartScreenOptions,
  terminal: Pick<Terminal, "style">,
): string {
  const { socketPath, whoMayConnect, listeners, http, configFile } = report;
  const bold = (text: string) => terminal.style("bold", text);
  const isDefault = socketPath === defaultSocketPath(process);
  const options = isDefault ? "" : `, { socketPath: ${JSON.stringify(socketPath)} }`;
  const socketFlag = isDefault ? "" : ` --socket ${socketPath}`;
  const httpFlag = http === null || http === defaultUrl ? "" : ` --http ${http.replace("http://", "")}`;
  return [
    "KissBot Monitor is running.",
    "",
    ...httpLines(http, { settings, environment }, terminal),
    `  Bots connect to   ${bold(socketPath)}`,
    `                    allowed: ${whoMayConnect}`,
    ...listeners.flatMap((listener) => [
      `  ${cutToWidth(listener.principal, 16).padEnd(16)}  ${bold(listener.socketPath)}`,
      `                    allowed: ${listener.whoMayConnect}`,
    ]),
    `  Database          ${databaseText(report, terminal)}`,
    ...(settings.fleet === null ? [] : [`  Fleet database    ${bold(settings.fleet.shown)}`]),
    `  Alerts            ${alertsText(settings)}`,
    ...(settings.budgets.length === 0 ? [] : [`  Budgets           ${budgetLine(settings.budgets)}`]),
    ...(configFile === null ? [] : [`  Settings          ${configFile}`]),
    "",
    `In a bot (${commandName() === "kissbot-monitor" ? "npm install @kissbot/client" : "npm run install-lines shows how to install the client"}):`,
    '  import { MonitorClient } from "@kissbot/client";',
    `  const client = new MonitorClient("my_bot"${options});`,
    "  client.start();",
    "KISSBOT_MONITOR_DEBUG=1 shows what goes wrong in it; set KISSBOT_MONITOR_DISABLED=1 in its tests.",
    "In another terminal:",
    `  ${commandName()} send heartbeat --channel my_bot --pid $$${socketFlag}`,
    `  ${commandName()} status${httpFlag}`,
    `  ${commandName()} demo`,
    "",
    "Ctrl-C stops it. No bot will notice.",
  ].join("\n");
}

/** Where HTTP is, who may ask there, and how to reach it over SSH. */
export function httpLines(
  http: string | null,
  { settings, environment }: HttpLinesOptions,
  terminal: Pick<Terminal, "style">,
): readonly string[] {
  if (http === null) return ["  HTTP              off"];
  const lines = [
    `  HTTP              ${terminal.style("bold", http)}`,
    `                    ${httpPlaces(settings)}`,
  ];
  const tunnel = sshTunnel(http, environment);
  if (tunnel === null) return lines;
  const hint = "                    run it on your own computer to open the address there";
  return [...lines, `  Over SSH          ${terminal.style("bold", tunnel)}`, hint];
}

/** The same as log fields, for a start without a terminal. */
export function startFields(
  { socketPath, whoMayConnect, listeners, store, http, configFile }: ShownReport,
  monitor: string,
) {
  return {
    version,
    monitor,
    http: http ?? "off",
    socket: socketPath,
    who_may_connect: whoMayConnect,
    ...(listeners.length > 0 && {
      listeners: Object.fromEntries(
        listeners.map((one) => [
          one.principal,
          { socket: one.socketPath, who_may_connect: one.whoMayConnect },
        ]),
      ),
    }),
    database: store.url,
    bots: store.bots,
    config: configFile,
  };
}

function databaseText({ store }: StartReport, terminal: Pick<Terminal, "style">): string {
  const path = store.url;
  if (store.open)
    return `${path} (${store.bots === 0 ? "no bot known yet" : `${amountOf(store.bots, "bot")} known`})`;
  return terminal.style("yellow", `${path} is not open yet: ${store.detail ?? "it is being retried"}`);
}

/** Where alerts go. */
export function alertsText({ alerts }: Pick<Settings, "alerts">): string {
  const names = alerts.receivers.map(({ name, target }) => `${name} (${target.kind})`);
  if (names.length === 0) return "no receiver yet: set KISSBOT_MONITOR_ALERT_URL";
  return `go to ${names.join(", ")}; ${commandName()} alerts test sends a test`;
}

/** What is served there. */
function httpPlaces({ httpToken }: Pick<Settings, "httpToken">): string {
  return `the page with the fleet; /healthz, /metrics, /api/v1/bots${httpToken === null ? "" : "; a token is needed"}`;
}
