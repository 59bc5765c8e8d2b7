import { resolve } from "node:path";
import process from "node:process";
import { type ConfigFile, readConfigFile } from "../config/config-file.js";
import { configPlaces } from "../config/config-place.js";
import type { Environment } from "../config/given-value.js";
import { findConfigFile } from "../config/load-settings.js";
import { type ResolvedSettings, resolveSettings } from "../config/resolve-settings.js";
import { relativePlaces } from "../config/running-places.js";
import { environmentName, fileFlagOf, fileKeys, type Setting } from "../config/setting.js";
import { settingTable } from "../config/setting-table.js";
import type { Settings } from "../config/settings.js";
import type { SettingsFile } from "../config/settings-file.js";
import { UsageError } from "../config/usage-error.js";
import { openPrices } from "../open-prices.js";
import { quotedText } from "../quoted-text.js";
import { budgetLine } from "./budget-line.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { amountOf } from "./quantity-text.js";

/**
 * Says everything that is wrong in a config file, with line and column, and ends in 2; else that it
 * is ok. Nothing is started or written.
 */
export async function runConfigCheck(
  { terminal, environment }: CommandContext,
  options: Options,
  [given]: readonly string[],
): Promise<ExitCode> {
  const file = fileOf(given, environment);
  const read = await readConfigFile(file);
  const { problems, notices, leaves, budgets } =
    typeof read === "string"
      ? { problems: [`cannot read ${quotedText(file.given)}: ${read}`], notices: [], leaves: [], budgets: [] }
      : await faultsOf(read, environment);
  const isOk = problems.length === 0;
  if (options["json"] === true) terminal.printJson({ ok: isOk, file: file.path, problems, notices });
  else {
    for (const notice of notices) terminal.note(notice);
    if (!isOk) throw new UsageError(problems);
    const count = typeof read === "string" ? 0 : read.entries.size + leaves.length;
    terminal.print(`ok: ${file.given} (${amountOf(count, "setting")})`);
    if (budgets.length > 0) terminal.print(`budgets: ${budgetLine(budgets)}`);
  }
  return isOk ? exitCodes.ok : exitCodes.usage;
}

function fileOf(given: string | undefined, environment: Environment): ConfigFile {
  if (given !== undefined) return { path: resolve(process.cwd(), given), given, namedBy: null };
  const found = findConfigFile({}, environment);
  if (found !== null) return found;
  throw new UsageError([
    `there is no config file to check: looked for ${configPlaces(environment).join(", ")}`,
  ]);
}

/**
 * The file is judged alone, so that no variable hides a fault of it; only a token may come from the
 * environment.
 */
async function faultsOf(
  file: SettingsFile,
  environment: Environment,
): Promise<
  Pick<ResolvedSettings, "notices" | "leaves"> &
    Pick<Settings, "budgets"> & { readonly problems: readonly string[] }
> {
  try {
    resolveSettings({}, {}, file, { serving: false });
    const resolved = resolveSettings({}, secretsIn(environment, file), file, {
      serving: true,
      secrets: "noticed",
      secretVariables: environment,
    });
    const { settings, notices, leaves } = resolved;
    const prices = await openPrices(settings, { places: resolved });
    return {
      problems: [],
      notices: [...notices, ...prices.notices, ...relativePlaces(file)],
      leaves,
      budgets: settings.budgets,
    };
  } catch (error) {
    if (error instanceof UsageError)
      return { problems: error.problems, notices: [], leaves: [], budgets: [] };
    throw error;
  }
}

/** The variables of those secrets that are not in the file. */
function secretsIn(environment: Environment, file: SettingsFile): Environment {
  const isIn = (key: string) => file.entries.has(key) || file.entries.has(fileFlagOf(key, "_"));
  const names = (Object.values(settingTable) as Setting<unknown>[])
    .filter((setting) => setting.secret && !fileKeys(setting).some(isIn))
    .flatMap(({ flag }) => [environmentName(flag), environmentName(fileFlagOf(flag))]);
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}
