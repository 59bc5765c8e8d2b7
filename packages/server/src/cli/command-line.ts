import { type Command, CommanderError, Option } from "commander";
import type { GivenSettings } from "../config/setting-table.js";
import { version } from "../version.js";
import type { CommandContext, ExitCode, Options } from "./command-context.js";
import { addSettings } from "./setting-option.js";

/** What a command does when it is called. */
export type Action = (
  context: CommandContext,
  options: Options,
  args: readonly string[],
) => Promise<ExitCode | number>;

/** A command: what its help says, and what it does. */
export interface CommandTerms {
  readonly name: string;
  readonly description: string;
  /** Its line in the list of commands; its description if not given. */
  readonly summary?: string;
  /** What each argument is, by its name in brackets: `[file]`, `<id...>`. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Options, or what makes one: its flags, its help and its default. */
  readonly options?: readonly (Option | readonly [string, string, string?])[];
  /** The settings whose flags it takes, and `--config`; neither if not given. */
  readonly settings?: readonly (keyof GivenSettings)[];
  /** Stands below the options in its help. */
  readonly notes?: string;
  /** It is in no help. */
  readonly isHidden?: true;
  /** Loads what it does. A command that only has commands below it has none. */
  readonly action?: () => Promise<Action>;
}

/** Adds a command below another one, with the options that every command has. */
export type AddCommand = (parent: Command, terms: CommandTerms) => Command;

/** Makes what commander calls of an action. */
export type Run = (action: Action) => (...given: unknown[]) => Promise<void>;

/** The settings that say where a monitor or its database is. */
export const placeSettings = ["http", "httpToken", "store"] as const;

/** Stands in the help of each command that looks at a fleet. */
export const sourceNotes =
  "Asks the running monitor. If none answers, reads its database and says how old\nthe data is.";

/** Adds commands whose actions `run` runs. */
export function commandAdder(run: Run): AddCommand {
  return (parent, terms) => {
    const { name, description, summary = "", options = [], settings, notes, action } = terms;
    const hidden = terms.isHidden === true;
    const one = addCommonOptions(parent.command(name, { hidden }).description(description).summary(summary));
    // `-V` is not in its help: that is for what the command alone does.
    addHiddenVersion(one, "V");
    for (const [argument, help] of Object.entries(terms.arguments ?? {})) one.argument(argument, help);
    for (const option of options)
      if (option instanceof Option) one.addOption(option);
      else one.option(...option);
    if (settings !== undefined) addSettings(one, settings);
    if (notes !== undefined) one.addHelpText("after", notes);
    if (action !== undefined) one.action(run(async (...call) => (await action())(...call)));
    return one;
  };
}

/** Help and colour, and `-v` for the version. */
export function addCommonOptions(one: Command): Command {
  return addHiddenVersion(one, "v")
    .helpOption("-h, --help", "show how to use it")
    .addOption(new Option("--color", "colour, even if stdout is not a terminal").helpGroup("Other:"))
    .addOption(new Option("--no-color", "no colour").helpGroup("Other:"));
}

function addHiddenVersion(one: Command, letter: "v" | "V"): Command {
  return one.addOption(new Option(`-${letter}`).hideHelp()).on(`option:${letter}`, () => {
    one.configureOutput().writeOut?.(`${version}\n`);
    throw new CommanderError(0, "commander.version", version);
  });
}

/** An option that may be given several times: its value is the list of them. */
export function repeatable(option: Option): Option {
  return option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
}

export function json(help = "the answer in JSON, for programs"): Option {
  return new Option("--json", help);
}

/** The command that these arguments call, or as much of it as they name. */
export function commandAt(program: Command, argv: readonly string[]): Command {
  let called = program;
  for (const word of argv.filter((one) => !one.startsWith("-"))) {
    const next = called.commands.find((one) => isCalled(one, word));
    // If `help` does not find the command, it shows the help of the program.
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
