import { configPlaces } from "../config/config-place.js";
import type { Origin } from "../config/given-value.js";
import { loadSettings } from "../config/load-settings.js";
import { keyOf, type Setting } from "../config/setting.js";
import { type GivenSettings, settingTable } from "../config/setting-table.js";
import type { ShownLeaf } from "../config/tree-reading.js";
import { plainText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { allSettings, flagsFrom } from "./setting-option.js";
import { tableText } from "./table.js";
import { wrappedText } from "./text-width.js";

/** One setting as `start` would have it. */
interface SettingRow {
  /** The key of the config file. */
  readonly setting: string;
  /** As it is written, `***` for a secret; null where nothing is set and there is no default. */
  readonly value: string | null;
  /** What null means. */
  readonly absent: string;
  readonly from: Origin;
}

/** Shows each setting that `start` would have with the same flags, and where it comes from. */
export async function runConfigShow(
  { terminal, environment }: CommandContext,
  options: Options,
): Promise<ExitCode> {
  const { settings, notices, origins, configFile, leaves } = await loadSettings(
    flagsFrom(options),
    environment,
    { serving: true, secrets: "noticed" },
  );
  for (const notice of notices) terminal.note(notice);
  const rows = [
    ...allSettings.map((name) => rowOf(name, settings[name], origins[name])),
    ...leaves.map(leafRow),
  ];
  if (options["json"] === true) {
    const shown = rows.map(({ setting, value, from }) => ({ setting, value, from }));
    terminal.printJson({ config_file: configFile?.path ?? null, settings: shown });
    return exitCodes.ok;
  }
  const { namedBy = null } = configFile ?? {};
  const file =
    configFile === null
      ? `No config file; looked for ${configPlaces(environment).join(", ")}`
      : `Config file ${plainText(configFile.path)} (${namedBy === null ? "found there" : `from ${namedBy}`})`;
  terminal.print(`${wrappedText(file, terminal.columns)}\n`);
  const columns = [
    { head: "SETTING", text: (row: SettingRow) => row.setting },
    { head: "VALUE", text: (row: SettingRow) => row.value ?? row.absent, least: 16 },
    { head: "FROM", text: (row: SettingRow) => row.from.name, least: 10 },
  ];
  terminal.print(tableText(columns, rows, terminal));
  return exitCodes.ok;
}

/** A value of a section of the file that holds more than single values. */
function leafRow({ path, text, place }: ShownLeaf): SettingRow {
  return { setting: path, value: text, absent: "", from: { kind: "file", name: place } };
}

function rowOf(name: keyof GivenSettings, value: unknown, from: Origin): SettingRow {
  const setting: Setting<unknown> = settingTable[name];
  const { flag, fallbackText: absent, secret } = setting;
  const row = { setting: keyOf(flag), absent, from };
  if (secret && (value === null || setting.show === undefined))
    return { ...row, value: value === null ? null : "***" };
  if (setting.show !== undefined) return { ...row, value: setting.show(value) };
  return { ...row, value: value === null ? null : String(value) };
}
