import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { durationMsFrom } from "./duration.js";
import { type Environment, type Flags, GivenValues } from "./given-value.js";
import { httpAddressText, isBeyondLoopback } from "./http-address.js";
import { hostNameOf } from "./monitor-name.js";
import { nearestName } from "./nearest-name.js";
import { quotedText } from "./quoted-text.js";
import { environmentName, fileKeys, keyOf, type Setting, type Surroundings } from "./setting.js";
import { type GivenSettings, settingTable } from "./setting-table.js";
import type { Settings } from "./settings.js";
import type { SettingsFile } from "./settings-file.js";
import { UsageError } from "./usage-error.js";

export interface ResolvedSettings {
  readonly settings: Settings;
  /** False where the file says `enabled: false`: then the monitor is not to be started. */
  readonly enabled: boolean;
  /** For people, on stderr: what is no fault, but may not be what was meant. */
  readonly notices: readonly string[];
  /** Under which name each setting was given; `default` where it was not. */
  readonly origins: Readonly<Record<keyof GivenSettings, string>>;
}

export interface ResolveOptions {
  /** Whether a monitor is to be started with them, which asks for more than talking to one. */
  readonly serving: boolean;
  readonly surroundings?: Surroundings;
}

const names = Object.keys(settingTable) as (keyof GivenSettings)[];
const settings: readonly Setting<unknown>[] = names.map((name) => settingTable[name]);

/** Of the Python monitor: each bot now says its own interval. It is still checked, so that a typing error is told. */
const oldInterval = "heartbeat_interval";
const enabledKey = "enabled";

/** What may stand under `monitoring:`. */
export const settingKeys: readonly string[] = [
  enabledKey,
  ...settings.flatMap((setting) => fileKeys(setting)),
  ...settings.flatMap(({ offFlag }) => (offFlag === undefined ? [] : [keyOf(offFlag)])),
  oldInterval,
];

/** The flag `--config` is no setting of the monitor, so it is not in the table: it says where settings are. */
export const configFlag = "config";

/** Reads the file that `--config` or its variable names, if one does, and puts everything together. Throws UsageError. */
export async function loadSettings(
  flags: Flags,
  environment: Environment,
  options: ResolveOptions,
): Promise<ResolvedSettings> {
  const flag = flags[configFlag];
  const variable = environment[environmentName(configFlag)] ?? "";
  if (typeof flag === "string") {
    return resolveSettings(flags, environment, await readSettingsFile(flag, `--${configFlag}`), options);
  }
  const file = variable === "" ? null : await readSettingsFile(variable, environmentName(configFlag));
  return resolveSettings(flags, environment, file, options);
}

/** Throws UsageError with everything that is wrong, not only the first. */
export function resolveSettings(
  flags: Flags,
  environment: Environment,
  file: SettingsFile | null,
  { serving, surroundings = here() }: ResolveOptions,
): ResolvedSettings {
  const given = new GivenValues(flags, environment, file);
  const problems: string[] = [];
  const origins: Partial<Record<keyof GivenSettings, string>> = {};
  const values: Partial<Record<keyof GivenSettings, unknown>> = {};
  for (const name of names) {
    const setting: Setting<unknown> = settingTable[name];
    const value = given.of(setting);
    origins[name] = value?.name ?? "default";
    const read =
      value === undefined ? setting.fallback(surroundings) : setting.read(value.text, surroundings);
    if (value !== undefined && read === undefined) problems.push(problemOf(setting, value.name, value.text));
    values[name] = read;
  }
  const enabled = given.fileSwitch(enabledKey) ?? true;
  const interval = file?.entries.get(oldInterval);
  if (interval !== undefined && !((durationMsFrom(interval.texts.join(",")) ?? 0) > 0)) {
    problems.push(`${interval.place}: expected seconds above 0, got ${quotedText(interval.texts.join(","))}`);
  }
  const resolved: Settings = { name: hostNameOf(surroundings), ...(values as GivenSettings) };
  const told = [...(file?.problems ?? []), ...given.problems, ...problems];
  if (serving && resolved.http && isBeyondLoopback(resolved.http.host) && resolved.httpToken === null) {
    told.push(
      `${origins.http}: ${httpAddressText(resolved.http)} can be reached from other machines, so it needs a token: ` +
        `set ${environmentName("http-token")}, or listen on 127.0.0.1`,
    );
  }
  if (told.length > 0) throw new UsageError(told);
  const notices = [...(file?.notices ?? []), ...misspelt(environment)];
  return { settings: resolved, enabled, notices, origins: origins as Record<keyof GivenSettings, string> };
}

/** YAML is loaded where there is some: most commands have no file. */
async function readSettingsFile(path: string, name: string): Promise<SettingsFile> {
  try {
    const text = readFileSync(path, "utf8");
    const { parseSettingsFile } = await import("./settings-file.js");
    return parseSettingsFile(path, text, settingKeys);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    const problem = `${name}: cannot read ${quotedText(path)}: ${why}`;
    return { entries: new Map(), problems: [problem], notices: [] };
  }
}

function problemOf({ expected, secret }: Setting<unknown>, name: string, text: string): string {
  return `${name}: expected ${expected}${secret ? "" : `; got ${quotedText(text)}`}`;
}

/** Variables that look like ours but for a slip. Others with our prefix may be another program's. */
function misspelt(environment: Environment): string[] {
  const prefix = environmentName("");
  const flags = settings.flatMap(({ flag, offFlag }) => (offFlag === undefined ? [flag] : [flag, offFlag]));
  const known = [...flags, configFlag, "disabled", "debug"].map(environmentName);
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
