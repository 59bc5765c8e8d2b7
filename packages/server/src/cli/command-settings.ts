import { loadSettings } from "../config/load-settings.js";
import type { Origins, ResolvedSettings } from "../config/resolve-settings.js";
import type { PlaceName } from "../config/running-places.js";
import type { Settings } from "../config/settings.js";
import { definedOf } from "../defined-members.js";
import type { CommandContext, Options } from "./command-context.js";
import { RunningMonitors } from "./running-monitor.js";
import { flagsFrom } from "./setting-option.js";

/**
 * The settings of a command that talks to a monitor, or to its database, and where each comes from.
 */
export interface CommandSettings extends Settings {
  readonly origins: Origins;
  readonly leaves: ResolvedSettings["leaves"];
  /**
   * The user number of the owner of the state file that said where the monitor is; null where none
   * did.
   */
  readonly stateOwner: number | null;
}

/**
 * The settings of a command. Addresses and paths that it needs (`names`) and that are not set come
 * from the running monitor, if there is one. `configPlaces`: the paths of the config file to try if
 * none is named.
 */
export async function settingsOf(
  { terminal, environment }: CommandContext,
  options: Options,
  names: readonly PlaceName[] = ["http", "store"],
  serving = false,
  configPlaces?: readonly string[],
): Promise<CommandSettings> {
  const flags = flagsFrom(options);
  const monitors = new RunningMonitors(flags, environment);
  const running = { names, find: monitors.find };
  const { settings, notices, origins, leaves } = await loadSettings(flags, environment, {
    serving,
    running,
    lenient: true,
    ...definedOf({ places: configPlaces }),
  });
  for (const notice of [...notices, ...monitors.notices]) terminal.note(notice);
  return { ...settings, origins, leaves, stateOwner: monitors.found?.owner ?? null };
}
