import type { Command, Option } from "commander";
import { UsageError } from "../config/usage-error.js";
import { within } from "../within.js";
import { ApiClient, ApiUnusable } from "./api-client.js";
import { bashScript, type CompletionTree } from "./bash-script.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { settingsOf } from "./command-settings.js";
import { valueOfArgument, valueOfFlag } from "./completion-value.js";
import { endProcess } from "./process-end.js";

/** A prompt must not wait longer. */
const mostMs = 1_000;

/** Prints the script by which bash completes this command's words. */
export async function runCompletionBash(program: Command, { terminal }: CommandContext): Promise<ExitCode> {
  terminal.write(bashScript(treeOf(program)));
  return exitCodes.ok;
}

/**
 * Prints the names of the bots for the script, one per line. Prints nothing if no monitor answers,
 * for whatever reason: an error would appear in the middle of the command line.
 */
export async function runCompletionChannels(context: CommandContext, options: Options): Promise<ExitCode> {
  context.end = (code) => endProcess(code, "SIGTERM");
  try {
    const names = await within(channelsOf(context, options), mostMs);
    if (names !== "late" && names.length > 0) context.terminal.print(names.join("\n"));
  } catch (error) {
    if (!(error instanceof ApiUnusable || error instanceof UsageError)) throw error;
  }
  return exitCodes.ok;
}

async function channelsOf(context: CommandContext, options: Options): Promise<readonly string[]> {
  const { http, httpToken } = await settingsOf(context, options, ["http"]);
  if (http === null) return [];
  const { bots } = await new ApiClient(http, httpToken).json("/api/v1/bots");
  if (!Array.isArray(bots)) return [];
  const names = bots.map((bot: { readonly channel?: unknown } | null) => bot?.channel);
  // A name with a line break or another control character cannot be typed at a prompt.
  return names.filter(
    (name): name is string => typeof name === "string" && name !== "" && !/\p{C}/u.test(name),
  );
}

/** Every command with its words, from the program itself, so that none is forgotten. */
export function treeOf(command: Command): CompletionTree {
  const help = command.createHelp();
  return {
    name: command.name(),
    commands: help.visibleCommands(command).map(treeOf),
    flags: help.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      value: takesValue(option) ? valueOfFlag(command.name(), option.long ?? "", option.argChoices) : null,
    })),
    operand: valueOfArgument(command.registeredArguments[0]?.name() ?? ""),
  };
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}
