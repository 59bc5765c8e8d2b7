import { type Command, Option } from "commander";
import type { Flags } from "../config/given-value.js";
import { configFlag, noConfigFlag, stateFileFlag } from "../config/resolve-settings.js";
import { environmentName, fileFlagOf, type Setting } from "../config/setting.js";
import { type GivenSettings, settingTable } from "../config/setting-table.js";

export const allSettings = Object.keys(settingTable) as (keyof GivenSettings)[];

/**
 * Adds the flags of these settings, and `--config`, to a command. Values stay texts: the table
 * judges them, from wherever they come.
 */
export function addSettings(command: Command, names: readonly (keyof GivenSettings)[]): Command {
  for (const name of names) {
    const setting: Setting<unknown> = settingTable[name];
    const { flag, argument, help, fallbackText, group, offFlag, offHelp, repeatable, secret } = setting;
    const option = new Option(`--${flag} ${argument}`, withDefault(help, fallbackText, flag));
    if (repeatable) option.argParser(gathered);
    command.addOption(option.helpGroup(`${group}:`));
    if (secret) {
      const file = new Option(
        `--${fileFlagOf(flag)} <path>`,
        `file that holds it (env: ${environmentName(fileFlagOf(flag))})`,
      );
      command.addOption(file.helpGroup(`${group}:`));
    }
    if (offFlag !== undefined) {
      const off = new Option(
        `--${offFlag}`,
        `${offHelp ?? `${flag.toUpperCase()} off`} (env: ${environmentName(offFlag)}=1)`,
      );
      command.addOption(off.helpGroup(`${group}:`));
    }
  }
  const config = new Option(
    `--${configFlag} <file>`,
    withDefault(
      "YAML file with settings under monitoring:",
      "/etc/kissbot/monitor.yaml, else $XDG_CONFIG_HOME/kissbot/monitor.yaml, if there is one",
      configFlag,
    ),
  );
  const noConfig = new Option(
    `--${noConfigFlag}`,
    `read no config file (env: ${environmentName(noConfigFlag)}=1)`,
  );
  const stateFile = new Option(
    `--${stateFileFlag} <path>`,
    withDefault(
      "where a running monitor says where it is, so that commands find it; or off",
      "auto, the first of /run/kissbot, $XDG_RUNTIME_DIR/kissbot and /tmp that takes it",
      stateFileFlag,
    ),
  );
  for (const option of [config, noConfig, stateFile]) command.addOption(option.helpGroup("Other:"));
  return command;
}

/** What the command line gave, under the flags' names. */
export function flagsFrom(options: Readonly<Record<string, unknown>>): Flags {
  const flags: Record<string, string | readonly string[] | false | undefined> = {};
  const own = (Object.values(settingTable) as Setting<unknown>[]).flatMap(({ flag, secret }) =>
    secret ? [flag, fileFlagOf(flag)] : [flag],
  );
  for (const flag of [...own, configFlag, stateFileFlag]) {
    const value = options[new Option(`--${flag}`).attributeName()];
    if (typeof value === "string" || Array.isArray(value) || value === false) flags[flag] = value;
  }
  return flags;
}

function withDefault(help: string, fallback: string, flag: string): string {
  return `${help} (default: ${fallback}; env: ${environmentName(flag)})`;
}

function gathered(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
