import process from "node:process";
import { configPlaces } from "../config/config-place.js";
import { findConfigFile } from "../config/load-settings.js";
import type { Places } from "../config/running-places.js";
import { environmentName } from "../config/setting.js";
import { storeFrom } from "../config/store-path.js";
import type { CommandContext, Options } from "./command-context.js";
import { placeText } from "./place-note.js";
import { RunningMonitors } from "./running-monitor.js";
import { flagsFrom } from "./setting-option.js";

/**
 * Where a command that shows the config looks for a file if none is named: first at the running
 * monitor's, which it names in a note, so that it does not show another one.
 */
export function runningConfigPlaces(
  { terminal, environment }: CommandContext,
  options: Options,
): readonly string[] {
  const flags = flagsFrom(options);
  const usual = configPlaces(environment);
  const running = new RunningMonitors(flags, environment).find(
    storeGiven(flags["store"] ?? environment[environmentName("store")]),
  );
  if (running === null || running.configFile === null) return usual;
  const found = findConfigFile(flags, environment, [running.configFile]);
  if (found === null || found.namedBy !== null) return usual;
  terminal.note(placeText("Config", found.path, { kind: "state_file", name: running.stateFile }));
  return [found.path];
}

/** A text that names no store is that of no monitor. */
function storeGiven(text: unknown): Partial<Places> {
  if (typeof text !== "string" || text === "") return {};
  return { store: storeFrom(text, { workingDirectory: process.cwd() }) ?? text };
}
