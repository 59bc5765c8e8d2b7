import { resolve } from "node:path";
import { backUpDatabase, StoreError } from "@kissbot/store";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import { placeRecord, placeText } from "./place-note.js";
import { bytesText } from "./quantity-text.js";

/**
 * A copy of the database as it is now, also while a monitor writes to it, and of a Python monitor's
 * before the first start.
 */
export async function runBackup(
  context: CommandContext,
  options: Options,
  [path = ""]: readonly string[],
): Promise<ExitCode> {
  const { store: url, origins } = await settingsOf(context, options, ["store"]);
  if (origins.store.kind !== "flag") context.terminal.note(placeText("Database", url, origins.store));
  if (url.startsWith("memory:")) throw new CommandError("memory: has no file that could be copied");
  try {
    const report = await backUpDatabase(url, resolve(path), { force: options["force"] === true });
    const places = { store: placeRecord(url, origins.store) };
    if (options["json"] === true) context.terminal.printJson({ ...report, places });
    else context.terminal.print(`Copied ${url} to ${report.path} (${bytesText(report.bytes)}, checked).`);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const advice = error.code === "would_overwrite" ? "; --force replaces it" : "";
    throw new CommandError(`No backup: ${error.message}${advice}`);
  }
}
