import type { Settings } from "./settings.js";

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
