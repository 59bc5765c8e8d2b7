import { resolve } from "node:path";
import { restoreDatabase, StoreError } from "@kissbot/store";
import {
  type CommandContext,
  type ExitCode,
  exitCodes,
  type Options,
  settingsOf,
} from "./command-context.js";
import { CommandError } from "./command-error.js";
import { bytesText } from "./quantity-text.js";

/** Puts a backup in the database's place, checked first; the database that was there is kept. Refused while a monitor runs on it. */
export async function runRestore(file: string, context: CommandContext, options: Options): Promise<ExitCode> {
  const { store: url } = await settingsOf(context, options);
  if (url.startsWith("memory:")) throw new CommandError("memory: has no file that could be restored");
  try {
    const report = await restoreDatabase(resolve(file), url);
    const { path, bytes, before } = report;
    if (options["json"] === true) context.terminal.printJson(report);
    else {
      const kept = before === null ? "There was none before." : `The one before is kept as ${before}.`;
      context.terminal.print(`Restored ${path} from ${file} (${bytesText(bytes)}, checked). ${kept}`);
    }
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError(`Nothing was restored: ${error.message}`);
    throw error;
  }
}
