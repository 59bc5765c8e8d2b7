import type { HubReport } from "../hub.js";
import { version } from "../version.js";
import { amountOf } from "./quantity-text.js";
import { alertsText, httpLines, type StartScreenOptions } from "./start-screen.js";
import type { Terminal } from "./terminal.js";

/** What the start screen of a hub shows. */
interface ShownHub extends HubReport {
  /** The config file that was read; null where there is none. */
  readonly configFile: string | null;
}

export interface HubScreenOptions {
  readonly settings: Pick<StartScreenOptions["settings"], "httpToken" | "alerts"> & {
    readonly mayLeadFleet: boolean;
  };
  readonly environment: StartScreenOptions["environment"];
}

/** The address, the fleet database, and who is told. */
export function hubScreen(
  { http, fleet, configFile }: ShownHub,
  { settings, environment }: HubScreenOptions,
  terminal: Pick<Terminal, "style">,
): string {
  const bold = (text: string) => terminal.style("bold", text);
  const found = fleet.open
    ? `${amountOf(fleet.hosts, "host")} known`
    : terminal.style("yellow", `not read yet: ${fleet.detail ?? "it is being retried"}`);
  return [
    "KissBot Monitor is running as a hub.",
    "",
    ...httpLines(http, { settings, environment }, terminal),
    `  Fleet database    ${bold(fleet.url)}`,
    `                    ${found}`,
    `  Silent hosts      ${settings.mayLeadFleet ? "watched, whenever no monitor does" : "watched by monitors alone"}`,
    `  Alerts            ${alertsText(settings)}`,
    ...(configFile === null ? [] : [`  Settings          ${configFile}`]),
    "",
    "Ctrl-C stops it. No host will notice.",
  ].join("\n");
}

/** The same as log fields, for a start without a terminal. */
export function hubFields({ http, fleet, configFile }: ShownHub, hub: string) {
  return {
    version,
    monitor: hub,
    http: http ?? "off",
    fleet: fleet.url,
    fleet_open: fleet.open,
    hosts: fleet.hosts,
    config: configFile,
  };
}
