import { resolve } from "node:path";
import process from "node:process";
import { quotedText } from "../quoted-text.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { configPlaces, firstExisting } from "./config-place.js";
import type { Environment, Flags } from "./given-value.js";
import {
  configFlag,
  noConfigFlag,
  type ResolvedSettings,
  type ResolveOptions,
  resolveSettings,
} from "./resolve-settings.js";
import { environmentName, switchFrom } from "./setting.js";
import type { SettingsFile } from "./settings-file.js";
import { UsageError } from "./usage-error.js";

export interface LoadedSettings extends ResolvedSettings {
  /** The one that was read; null where there is none. */
  readonly configFile: ConfigFile | null;
}

export interface LoadOptions extends ResolveOptions {
  /** Where a file is looked for that nobody named; the usual places, if not given. */
  readonly places?: readonly string[];
  /**
   * Whether a file that nobody named, and that this user may not read, is left out with a notice.
   */
  readonly lenient?: boolean;
}

/**
 * Finds the config file, if there is one, reads it, and puts everything together. Throws
 * UsageError.
 */
export async function loadSettings(
  flags: Flags,
  environment: Environment,
  { places, lenient = false, ...options }: LoadOptions,
): Promise<LoadedSettings> {
  const configFile = findConfigFile(flags, environment, places);
  const file = configFile === null ? null : await readConfigFile(configFile);
  if (configFile === null || typeof file !== "string") {
    const resolved = resolveSettings(flags, environment, file as SettingsFile | null, options);
    if (options.serving) await checkFleet(resolved);
    return { ...resolved, configFile };
  }
  const { namedBy, given, path } = configFile;
  if (namedBy !== null) throw new UsageError([`${namedBy}: cannot read ${quotedText(given)}: ${file}`]);
  if (!lenient) {
    const advice = `let this user read it, name another with --${configFlag}, or none with --${noConfigFlag}`;
    throw new UsageError([`config file: cannot read ${quotedText(path)}: ${file}: ${advice}`]);
  }
  // It may be that of another user's monitor, whose places are in its state file.
  const { notices, ...resolved } = resolveSettings(flags, environment, null, options);
  const notice = `The config file ${path} was left out: ${file}.`;
  return { ...resolved, notices: [notice, ...notices], configFile: null };
}

/** The store judges the URL. It is loaded for this alone, since most commands go without it. */
async function checkFleet({ settings: { fleet }, origins }: ResolvedSettings): Promise<void> {
  if (fleet === null) return;
  const { parsePostgresUrl } = await import("@kissbot/store/postgres");
  try {
    parsePostgresUrl(await fleet.url.reveal());
  } catch (error) {
    throw new UsageError([`${origins.fleet.name}: ${(error as Error).message}`]);
  }
}

/**
 * The config file that these settings are read from; null where there is none. Whether it can be
 * read is not known yet.
 */
export function findConfigFile(
  flags: Flags,
  environment: Environment,
  places: readonly string[] = configPlaces(environment),
): ConfigFile | null {
  const flag = flags[configFlag];
  if (typeof flag === "string") return named(flag, `--${configFlag}`);
  if (flag === false) return null;
  const variable = environment[environmentName(configFlag)] ?? "";
  if (variable !== "") return named(variable, environmentName(configFlag));
  const none = environment[environmentName(noConfigFlag)] ?? "";
  if (none !== "" && switchFrom(none) !== false) return null;
  const path = firstExisting(places);
  return path === undefined ? null : { path, given: path, namedBy: null };
}

function named(given: string, namedBy: string): ConfigFile {
  return { path: resolve(process.cwd(), given), given, namedBy };
}
