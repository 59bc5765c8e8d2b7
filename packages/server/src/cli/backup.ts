import { resolve } from "node:path";
import { backUpDatabase, StoreError } from "@kissbot/store";
import {
  type CommandContext,
  type ExitCode,
  exitCodes,
  type Options,
  settingsOf,
} from "./command-context.js";
import { CommandError } from "./command-error.js";
import { bytesText } from "./quantity-text.js";

/** A copy of the database as it is now, also while a monitor writes to it, and of a Python monitor's before the first start. */
export async function runBackup(path: string, context: CommandContext, options: Options): Promise<ExitCode> {
  const { store: url } = await settingsOf(context, options);
  if (url.startsWith("memory:")) throw new CommandError("memory: has no file that could be copied");
  try {
    const report = await backUpDatabase(url, resolve(path), { force: options["force"] === true });
    if (options["json"] === true) context.terminal.printJson(report);
    else context.terminal.print(`Copied ${url} to ${report.path} (${bytesText(report.bytes)}, checked).`);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const advice = error.code === "would_overwrite" ? "; --force replaces it" : "";
    throw new CommandError(`No backup: ${error.message}${advice}`);
  }
}
