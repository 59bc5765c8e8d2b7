import process from "node:process";
import type { Settings } from "../config/settings.js";
import { defaultSocketPath } from "../config/socket-path.js";
import { commandName } from "./command-name.js";
import { amountOf } from "./quantity-text.js";
import type { Terminal } from "./terminal.js";

/** What the monitor says of itself once it runs. */
interface StartReport {
  readonly socketPath: string;
  readonly whoMayConnect: string;
  readonly store: {
    readonly url: string;
    readonly open: boolean;
    readonly detail: string | null;
    readonly bots: number;
  };
  readonly http: string | null;
  /** The config file that was read; null where there is none. */
  readonly configFile: string | null;
}

const defaultUrl = "http://127.0.0.1:7788";

/** Where everything is, who may report, and what to do next, for a person who started it for the first time. */
export function startScreen(report: StartReport, settings: Settings, terminal: Terminal): string {
  const { socketPath, whoMayConnect, store, http, configFile } = report;
  const bold = (text: string) => terminal.style("bold", text);
  const isDefault = socketPath === defaultSocketPath(process);
  const database = store.open
    ? `${store.url} (${store.bots === 0 ? "no bot known yet" : `${amountOf(store.bots, "bot")} known`})`
    : terminal.style(
        "yellow",
        `${store.url} is not open yet: ${store.detail ?? "it is tried again and again"}`,
      );
  const options = isDefault ? "" : `, { socketPath: ${JSON.stringify(socketPath)} }`;
  const socketFlag = isDefault ? "" : ` --socket ${socketPath}`;
  const httpFlag = http === null || http === defaultUrl ? "" : ` --http ${http.replace("http://", "")}`;
  return [
    "KissBot Monitor runs.",
    "",
    `  Bots connect to   ${bold(socketPath)}`,
    `                    who may: ${whoMayConnect}`,
    `  Database          ${database}`,
    `  HTTP              ${http === null ? "off" : bold(http)}${http === null ? "" : httpPlaces(settings)}`,
    ...(configFile === null ? [] : [`  Settings          ${configFile}`]),
    "",
    "In a bot (npm install @kissbot/client):",
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

function httpPlaces({ httpToken }: Settings): string {
  return ` (/healthz, /metrics, /api/v1/bots${httpToken === null ? "" : "; a token is needed"})`;
}
