import { Command, CommanderError } from "commander";
import { nearestName } from "../config/nearest-name.js";
import { UsageError } from "../config/usage-error.js";
import { plainText, quotedText } from "../quoted-text.js";
import { version } from "../version.js";
import { addAlerts } from "./alert-commands.js";
import { addChanging } from "./changing-commands.js";
import { type CommandContext, exitCodes } from "./command-context.js";
import { CommandError } from "./command-error.js";
import {
  type Action,
  addCommonOptions,
  commandAdder,
  commandAt,
  fullName,
  isCalled,
  type Run,
} from "./command-line.js";
import { foreignFlagAdvice } from "./foreign-flag.js";
import { programNotes } from "./help-notes.js";
import { addCompletion, addEvents, addExport } from "./history-commands.js";
import { addHosts } from "./hosts-commands.js";
import { addLooking } from "./looking-commands.js";
import { addOperating } from "./operating-commands.js";
import { addPrices } from "./price-commands.js";
import { addRunning } from "./running-commands.js";

/**
 * Runs one command line and answers with its exit code: 0 ok, 1 a problem was found, 2 wrong usage.
 * Commands load when they are called, so that `--help` and `status` do not wait for a server's
 * code.
 */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  let code: number = exitCodes.ok;
  const run =
    (action: Action) =>
    async (...given: unknown[]) => {
      const called = given.at(-1) as Command;
      const options = called.optsWithGlobals();
      if (typeof options["color"] === "boolean") context.terminal.useColour(options["color"]);
      code = await action(context, options, called.args);
    };
  const program = programOf(run, context);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(isCommandOf(program, argv[0]) ? argv : argv.slice(0, 1), { from: "user" });
    return code;
  } catch (error) {
    return codeOfError(error, commandAt(program, argv), context);
  }
}

/** A misspelt command shows the error, even with `--help`. */
function isCommandOf(program: Command, word = ""): boolean {
  return word.startsWith("-") || program.commands.some((one) => isCalled(one, word));
}

function codeOfError(error: unknown, called: Command, { terminal }: CommandContext): number {
  const seeHelp = () => terminal.note(`See ${fullName(called)} --help`);
  if (error instanceof CommanderError) {
    // Commander has already printed what is wrong.
    if (error.exitCode === 0) return exitCodes.ok;
    const advice = foreignFlagAdvice(error.message, called);
    if (advice !== undefined) terminal.note(`(${advice})`);
    // For a command that only has subcommands, the whole help was printed.
    if (error.code !== "commander.help") seeHelp();
    return exitCodes.usage;
  }
  if (error instanceof UsageError) {
    for (const problem of error.problems) terminal.note(`error: ${problem}`);
    seeHelp();
    return error.exitCode;
  }
  const { exitCode, message } = error as { exitCode?: unknown; message?: unknown };
  if (error instanceof CommandError || typeof exitCode === "number") {
    terminal.note(`error: ${plainLines(String(message))}`);
    return typeof exitCode === "number" ? exitCode : exitCodes.problem;
  }
  throw error;
}

function plainLines(text: string): string {
  return text.split("\n").map(plainText).join("\n");
}

function programOf(run: Run, { terminal }: CommandContext): Command {
  const program = new Command("kissbot-monitor")
    .description(
      "Shows which bots of a fleet are alive, how much CPU and memory they use, and what their LLM calls cost.",
    )
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .addHelpText("after", programNotes);
  addCommonOptions(program)
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show how to use it; also: kissbot-monitor COMMAND --help");
  const add = commandAdder(run);
  addRunning(program, add);
  addLooking(program, add);
  addEvents(program, add);
  addOperating(program, add);
  addChanging(program, add);
  addAlerts(program, add);
  addPrices(program, add);
  addHosts(program, add);
  addExport(program, add);
  addCompletion(program, add);
  addWords(program);
  return program;
}

/** What some programs take as a flag and others as a word. */
function addWords(program: Command): void {
  program.commandsGroup("Other:");
  program
    .command("help")
    .description("Shows how to use a command.")
    .summary("how to use a command")
    .argument("[command...]", "the command, such as: help bots")
    .helpOption("-h, --help", "show how to use it")
    .action((words: readonly string[]) => commandOf(program, words).outputHelp());
  program
    .command("version", { hidden: true })
    .description("Prints the version.")
    .action(() => program.configureOutput().writeOut?.(`${version}\n`));
}

function commandOf(program: Command, words: readonly string[]): Command {
  let found = program;
  for (const word of words) {
    const next = found.commands.find((one) => isCalled(one, word));
    if (next === undefined) {
      const names = found.createHelp().visibleCommands(found);
      const near = nearestName(
        word,
        names.map((one) => one.name()),
      );
      const advice = near === undefined ? "" : `: did you mean ${near}?`;
      throw new UsageError([`${fullName(found)} has no command ${quotedText(word)}${advice}`]);
    }
    found = next;
  }
  return found;
}
