import { type Command, CommanderError, Option } from "commander";
import { version } from "../version.js";
import type { CommandContext, ExitCode, Options } from "./command-context.js";

/** What a command does when it is called. */
export type Action = (
  context: CommandContext,
  options: Options,
  args: readonly string[],
) => Promise<ExitCode | number>;

/** Makes of an action what commander calls. */
export type Run = (action: Action) => (...given: unknown[]) => Promise<void>;

/** The settings that say where a monitor or its database is. */
export const placeSettings = ["http", "httpToken", "store"] as const;

/** Stands in the help of each command that looks at a fleet. */
export const sourceNotes =
  "Asks the running monitor; where none answers, reads its database and says how\nold that is.";

/**
 * A command with the options that every command has. `-V` is not in its help: that is for what it
 * alone does.
 */
export function command(parent: Command, name: string, description: string): Command {
  const one = addCommonOptions(parent.command(name).description(description));
  return addHiddenVersion(one, "V");
}

/** Help and colour, and `-v` for the version. */
export function addCommonOptions(one: Command): Command {
  return addHiddenVersion(one, "v")
    .helpOption("-h, --help", "say how it is used")
    .addOption(new Option("--color", "colour, also where stdout is no terminal").helpGroup("Other:"))
    .addOption(new Option("--no-color", "no colour").helpGroup("Other:"));
}

function addHiddenVersion(one: Command, letter: "v" | "V"): Command {
  return one.addOption(new Option(`-${letter}`).hideHelp()).on(`option:${letter}`, () => {
    one.configureOutput().writeOut?.(`${version}\n`);
    throw new CommanderError(0, "commander.version", version);
  });
}

export function json(help = "the answer in JSON, for programs"): Option {
  return new Option("--json", help);
}

/** The command that these arguments call, or as much of it as they name. */
export function commandAt(program: Command, argv: readonly string[]): Command {
  let called = program;
  for (const word of argv.filter((one) => !one.startsWith("-"))) {
    const next = called.commands.find((one) => isCalled(one, word));
    // Of what `help` does not find, the help is that of the program.
    if (next === undefined || word === "help") return called;
    called = next;
  }
  return called;
}

export function isCalled(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

/** `kissbot-monitor send heartbeat` */
export function fullName(one: Command): string {
  return one.parent === null ? one.name() : `${fullName(one.parent)} ${one.name()}`;
}
