import { hostname } from "node:os";
import process from "node:process";
import { quotedText } from "../quoted-text.js";
import { durationMsFrom } from "./duration.js";
import { holdsPassword, withPasswordFile } from "./fleet-address.js";
import { type Environment, type Flags, type GivenValue, GivenValues, type Origin } from "./given-value.js";
import { httpAddressText, isBeyondLoopback } from "./http-address.js";
import { hostNameOf } from "./monitor-name.js";
import { nearestName } from "./nearest-name.js";
import {
  type FindRunning,
  isRelative,
  type PlaceName,
  type Places,
  placeNames,
  type RunningPlaces,
} from "./running-places.js";
import { environmentName, fileFlagOf, fileKeys, keyOf, type Setting, type Surroundings } from "./setting.js";
import { openSecrets, subtreeNames, subtreesOf } from "./setting-subtrees.js";
import { type GivenSettings, settingTable } from "./setting-table.js";
import type { Settings } from "./settings.js";
import type { FileKeys, SettingsFile } from "./settings-file.js";
import { roomProblem } from "./socket-path.js";
import { type ReadingOptions, type ShownLeaf, TreeReading } from "./tree-reading.js";
import { UsageError } from "./usage-error.js";

export type Origins = Readonly<Record<keyof GivenSettings, Origin>>;

export interface ResolvedSettings {
  readonly settings: Settings;
  /** False where the file says `enabled: false`: then the monitor is not to be started. */
  readonly enabled: boolean;
  /** For people, on stderr: what is no fault, but may not be what was meant. */
  readonly notices: readonly string[];
  readonly origins: Origins;
  /** What the sections of the file set that hold more than scalars, one value each. */
  readonly leaves: readonly ShownLeaf[];
}

export interface ResolveOptions {
  /** Whether a monitor is to be started with them, which asks for more than talking to one. */
  readonly serving: boolean;
  /** What to make of an alert's secret that is not there; "needed" where serving, else "unread". */
  readonly secrets?: ReadingOptions["secrets"];
  /** Where the variables are that hold secrets of alerts; the environment, if not given. */
  readonly secretVariables?: Environment;
  readonly surroundings?: Surroundings;
  /** What a command needs of the running monitor, and who finds it. */
  readonly running?: { readonly names: readonly PlaceName[]; readonly find: FindRunning };
}

const names = Object.keys(settingTable) as (keyof GivenSettings)[];
const settings: readonly Setting<unknown>[] = names.map((name) => settingTable[name]);
const secrets = settings.filter(({ secret }) => secret);

/**
 * Of the Python monitor: each bot now says its own interval. It is still checked, so that a typing
 * error is told.
 */
export const oldInterval = "heartbeat_interval";
export const enabledKey = "enabled";

/** What may stand under `monitoring:`; a point leads into a section. */
export const settingKeys: readonly string[] = [
  enabledKey,
  ...settings.flatMap((setting) => fileKeys(setting)),
  ...secrets.flatMap((setting) => fileKeys(setting).map((key) => fileFlagOf(key, "_"))),
  ...settings.flatMap(({ offFlag }) => (offFlag === undefined ? [] : [keyOf(offFlag)])),
  oldInterval,
];

/** All that may stand under `monitoring:`. */
export const fileContents: FileKeys = { keys: settingKeys, subtrees: subtreeNames };

/** The flags that are no settings of a monitor: they say where settings and monitors are found. */
export const configFlag = "config";
export const noConfigFlag = "no-config";
export const stateFileFlag = "state-file";

const fallbackOrigin: Origin = { kind: "default", name: "default" };

/** Throws UsageError with everything that is wrong, not only the first. */
export function resolveSettings(
  flags: Flags,
  environment: Environment,
  file: SettingsFile | null,
  { serving, surroundings = here(), running, ...options }: ResolveOptions,
): ResolvedSettings {
  const given = new GivenValues(flags, environment, file);
  const reading = new Reading(surroundings);
  const values = new Map(names.map((name) => [name, given.of(settingTable[name])]));
  const base = running === undefined ? null : placesFound(values, file, reading, running);
  for (const name of names) reading.read(name, values.get(name), base, file);
  const { problems, origins } = reading;
  const enabled = given.fileSwitch(enabledKey) ?? true;
  const interval = file?.entries.get(oldInterval);
  if (interval !== undefined && !((durationMsFrom(interval.texts.join(",")) ?? 0) > 0)) {
    problems.push(`${interval.place}: expected seconds above 0, got ${quotedText(interval.texts.join(","))}`);
  }
  const { secrets: wanted = serving ? "needed" : "unread", secretVariables = environment } = options;
  const trees = new TreeReading({ environment: secretVariables, secrets: wanted });
  const settings = reading.values as GivenSettings;
  const resolved: Settings = {
    name: hostNameOf(surroundings),
    ...settings,
    fleet: fleetOf(settings),
    ...subtreesOf(file, settings, { alertUrl: values.get("alertUrl"), listen: values.get("listen") }, trees),
  };
  const told = [...(file?.problems ?? []), ...given.problems, ...problems, ...trees.problems];
  if (serving) {
    told.push(
      ...tokenProblems(resolved, reading.origins, file),
      ...fleetProblems(resolved, values.get("fleet")),
    );
  }
  const room =
    serving && resolved.socketPath ? roomProblem(resolved.socketPath, surroundings.platform) : null;
  if (room !== null) told.push(`${origins.socketPath?.name}: ${room}`);
  if (told.length > 0) throw new UsageError(told);
  const notices = [
    ...given.notices,
    ...trees.notices,
    ...misspelt(environment),
    ...openSecrets(trees, file?.readers),
  ];
  return { settings: resolved, enabled, notices, origins: origins as Origins, leaves: trees.leaves };
}

/** Who can reach HTTP and is not the monitor's own user: then it asks for a token. */
function tokenProblems(
  { http, httpToken, listeners }: Settings,
  origins: Partial<Origins>,
  file: SettingsFile | null,
): readonly string[] {
  if (!http || httpToken !== null) return [];
  const [address, variable] = [httpAddressText(http), environmentName("http-token")];
  if (isBeyondLoopback(http.host)) {
    const why = `${address} can be reached from other machines, so it needs a token`;
    return [`${origins.http?.name}: ${why}: set ${variable}, or listen on 127.0.0.1`];
  }
  const section = file?.trees.get("listeners");
  if (section === undefined && listeners.length === 0) return [];
  const place = section === undefined ? origins.listen?.name : `${section.place} monitoring.listeners`;
  const why = `with several users each of them can ask ${address} for all bots, so it needs a token`;
  return [`${place}: ${why}: set ${variable}, or --no-http`];
}

/** Undefined, as what was wrong with it was told. */
function fleetOf({ fleet, fleetPasswordFile }: GivenSettings): GivenSettings["fleet"] {
  return fleet && fleetPasswordFile ? withPasswordFile(fleet, fleetPasswordFile) : fleet;
}

function fleetProblems(
  { fleet, fleetPasswordFile, store }: Settings,
  given: GivenValue | undefined,
): readonly string[] {
  if (!fleet || given === undefined) return [];
  const problems: string[] = [];
  const isInFile = given.secretFile !== undefined;
  if (holdsPassword(given.text)) {
    const others = "--fleet-password-file, PGPASSFILE or PGPASSWORD";
    if (given.kind === "flag" && !isInFile)
      problems.push(
        `${given.name}: every user of this machine can read a password on a command line (ps): give it by ${others}`,
      );
    if (fleetPasswordFile !== null)
      problems.push(`${given.name}: it holds a password, and --fleet-password-file names another one`);
  }
  if (store === "memory:")
    problems.push(`${given.name}: what is sent comes from a database file, and memory: is none: set --store`);
  return problems;
}

/** Turns texts into values, one setting at a time. */
class Reading {
  readonly problems: string[] = [];
  readonly origins: Partial<Record<keyof GivenSettings, Origin>> = {};
  readonly values: Partial<Record<keyof GivenSettings, unknown>> = {};
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  read(
    name: keyof GivenSettings,
    given: GivenValue | undefined,
    running: RunningPlaces | null,
    file: SettingsFile | null,
  ): void {
    const setting: Setting<unknown> = settingTable[name];
    if (given === undefined) {
      const found = running !== null && isPlace(name);
      this.values[name] = found ? running[name] : setting.fallback(this.#surroundings);
      this.origins[name] = found ? { kind: "state_file", name: running.stateFile } : fallbackOrigin;
      return;
    }
    // The monitor that was started with this very file began its relative paths where it was
    // started.
    const isShared = given.kind === "file" && running !== null && running.configFile === file?.path;
    const value = isShared
      ? setting.read(given.text, {
          ...this.#surroundings,
          workingDirectory: running.workingDirectory,
        })
      : setting.read(given.text, this.#surroundings);
    if (value === undefined) this.problems.push(problemOf(setting, given.name, given.text));
    this.values[name] = value;
    this.origins[name] = { kind: given.kind, name: given.name };
  }

  /** The value of a place that was given in full; undefined where it says nothing for certain. */
  placeOf(name: PlaceName, { text }: GivenValue): Places[PlaceName] | undefined {
    const setting: Setting<Places[PlaceName]> = settingTable[name] as Setting<Places[PlaceName]>;
    return setting.read(text, this.#surroundings);
  }
}

/** The running monitor, where a command needs a place that nobody gave in full. */
function placesFound(
  values: ReadonlyMap<keyof GivenSettings, GivenValue | undefined>,
  file: SettingsFile | null,
  reading: Reading,
  { names: needed, find }: NonNullable<ResolveOptions["running"]>,
): RunningPlaces | null {
  const given: { -readonly [Name in PlaceName]?: Places[Name] } = {};
  let missing = 0;
  for (const name of placeNames) {
    const value = values.get(name);
    const isWhole = value !== undefined && !(value.kind === "file" && isRelative(name, value.text));
    const place = isWhole ? reading.placeOf(name, value) : undefined;
    if (place !== undefined) Object.assign(given, { [name]: place });
    else if (needed.includes(name) && !isWhole) missing++;
  }
  if (missing === 0) return null;
  const running = find(given);
  // Found by nothing but its being there: then what is relative in another file belongs to another
  // monitor.
  if (running === null || file === null || running.configFile === file.path) return running;
  const begins = placeNames.some((name) => {
    const value = values.get(name);
    return value?.kind === "file" && isRelative(name, value.text);
  });
  return begins ? null : running;
}

function isPlace(name: keyof GivenSettings): name is PlaceName {
  return (placeNames as readonly string[]).includes(name);
}

function problemOf({ expected, secret }: Setting<unknown>, name: string, text: string): string {
  return `${name}: expected ${expected}${secret ? "" : `; got ${quotedText(text)}`}`;
}

/**
 * Variables that look like ours but for a slip. Others with our prefix may be another program's.
 */
function misspelt(environment: Environment): string[] {
  const prefix = environmentName("");
  const flags = settings.flatMap(({ flag, offFlag, secret }) => [
    flag,
    ...(offFlag === undefined ? [] : [offFlag]),
    ...(secret ? [fileFlagOf(flag)] : []),
  ]);
  const known = [...flags, configFlag, noConfigFlag, stateFileFlag, "disabled", "debug"].map(environmentName);
  return Object.keys(environment).flatMap((name) => {
    if (!name.startsWith(prefix) || known.includes(name) || environment[name] === "") return [];
    const near = nearestName(
      name.slice(prefix.length),
      known.map((one) => one.slice(prefix.length)),
    );
    return near === undefined ? [] : [`${name} is no setting: did you mean ${prefix}${near}?`];
  });
}

function here(): Surroundings {
  return { platform: process.platform, workingDirectory: process.cwd(), hostName: hostname() };
}
