import { resolve } from "node:path";
import process from "node:process";
import { restoreDatabase, StoreError } from "@kissbot/store";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import { placeRecord, placeText } from "./place-note.js";
import { bytesText } from "./quantity-text.js";

/**
 * Puts a backup in the database's place, checked first; the database that was there is kept.
 * Refused while a monitor runs on it.
 */
export async function runRestore(
  context: CommandContext,
  options: Options,
  [file = ""]: readonly string[],
): Promise<ExitCode> {
  const { store: url, origins, stateOwner } = await settingsOf(context, options, ["store"]);
  if (origins.store.kind !== "flag") context.terminal.note(placeText("Database", url, origins.store));
  // What a restore replaces must not be chosen by anybody but root and the user.
  if (stateOwner !== null && stateOwner !== 0 && stateOwner !== process.geteuid?.()) {
    throw new CommandError(
      `Nothing was restored: that this is the database says only user ${stateOwner}: name it with --store`,
    );
  }
  if (url.startsWith("memory:")) throw new CommandError("memory: has no file that could be restored");
  try {
    const report = await restoreDatabase(resolve(file), url);
    const { path, bytes, before } = report;
    const places = { store: placeRecord(url, origins.store) };
    if (options["json"] === true) context.terminal.printJson({ ...report, places });
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
