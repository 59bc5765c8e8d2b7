import type { Environment } from "../config/given-value.js";
import { loadSettings } from "../config/load-settings.js";
import type { Origins, ResolvedSettings } from "../config/resolve-settings.js";
import type { PlaceName } from "../config/running-places.js";
import type { Settings } from "../config/settings.js";
import { RunningMonitors } from "./running-monitor.js";
import { flagsFrom } from "./setting-option.js";
import type { Terminal } from "./terminal.js";

/**
 * What every command has. Commands answer with the exit code; what they throw is told by the
 * program.
 */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly nowMs: () => number;
  /**
   * Set by a command that must end for certain, whatever its threads do: ends the process with this
   * code.
   */
  end?: (code: number) => Promise<never>;
}

export const exitCodes = { ok: 0, problem: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Options as commander hands them over. */
export type Options = Readonly<Record<string, unknown>>;

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
 * The settings of a command. The places it needs (`names`) that nobody gave are those of the
 * running monitor, if there is one. `configPlaces` is where a config file is looked for that nobody
 * named.
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
    ...(configPlaces === undefined ? {} : { places: configPlaces }),
  });
  for (const notice of [...notices, ...monitors.notices]) terminal.note(notice);
  return { ...settings, origins, leaves, stateOwner: monitors.found?.owner ?? null };
}
