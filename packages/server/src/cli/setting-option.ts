import { type Command, Option } from "commander";
import type { Flags } from "../config/given-value.js";
import { configFlag } from "../config/resolve-settings.js";
import { environmentName, type Setting } from "../config/setting.js";
import { type GivenSettings, settingTable } from "../config/setting-table.js";

export const allSettings = Object.keys(settingTable) as (keyof GivenSettings)[];

/** Adds the flags of these settings, and `--config`, to a command. Values stay texts: the table judges them, from wherever they come. */
export function addSettings(command: Command, names: readonly (keyof GivenSettings)[]): Command {
  for (const name of names) {
    const setting: Setting<unknown> = settingTable[name];
    const { flag, argument, help, fallbackText, group, offFlag, repeatable } = setting;
    const option = new Option(`--${flag} ${argument}`, withDefault(help, fallbackText, flag));
    if (repeatable) option.argParser(gathered);
    command.addOption(option.helpGroup(`${group}:`));
    if (offFlag !== undefined) {
      const off = new Option(
        `--${offFlag}`,
        `${flag.toUpperCase()} off (env: ${environmentName(offFlag)}=1)`,
      );
      command.addOption(off.helpGroup(`${group}:`));
    }
  }
  const config = new Option(
    `--${configFlag} <file>`,
    withDefault("YAML file with settings under monitoring:", "none", configFlag),
  );
  return command.addOption(config.helpGroup("Other:"));
}

/** What the command line gave, under the flags' names. */
export function flagsFrom(options: Readonly<Record<string, unknown>>): Flags {
  const flags: Record<string, string | readonly string[] | false | undefined> = {};
  for (const flag of [...allSettings.map((name) => settingTable[name].flag), configFlag]) {
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
