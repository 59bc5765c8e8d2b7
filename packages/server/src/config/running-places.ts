import { isAbsolute } from "node:path";
import { fileKeys, type Setting } from "./setting.js";
import { settingTable } from "./setting-table.js";
import type { Settings } from "./settings.js";
import type { SettingsFile } from "./settings-file.js";

/** What a command may take from the running monitor where nobody gave it. */
export const placeNames = ["socketPath", "store", "http"] as const;
export type PlaceName = (typeof placeNames)[number];
export type Places = Readonly<Pick<Settings, PlaceName>>;

/** Where a running monitor is, as it says itself. */
export interface RunningPlaces extends Places {
  /** The path of the state file that says so. */
  readonly stateFile: string;
  /** Its config file; null where it has none. */
  readonly configFile: string | null;
  /** The folder that its relative paths began in. */
  readonly workingDirectory: string;
}

/**
 * Finds the running monitor that is at all the places given; null where there is none. Places that
 * differ belong to another monitor.
 */
export type FindRunning = (given: Partial<Places>) => RunningPlaces | null;

/** Whether a text names another place in each folder. */
export function isRelative(name: PlaceName, text: string): boolean {
  if (name === "http" || /^memory:/i.test(text)) return false;
  return !isAbsolute(text.replace(/^sqlite:(?:\/\/(?=\/))?/i, ""));
}

/**
 * A sentence for each path of a file that begins in another folder for each process that reads it.
 */
export function relativePlaces({ entries }: SettingsFile): string[] {
  return placeNames.flatMap((name) => {
    const setting: Setting<unknown> = settingTable[name] as Setting<unknown>;
    const entry = fileKeys(setting)
      .map((key) => entries.get(key))
      .find((one) => one !== undefined);
    if (entry === undefined || !isRelative(name, entry.texts.join(","))) return [];
    return [`${entry.place}: a relative path, which begins in the folder of the process that reads it`];
  });
}
