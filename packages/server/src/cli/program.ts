import { Command, CommanderError, Option } from "commander";
import { plainText } from "../config/quoted-text.js";
import { UsageError } from "../config/usage-error.js";
import { version } from "../version.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { programNotes, sendNotes, startNotes, usageNotes } from "./help-notes.js";
import { flagOf, type MessageType, messageKinds } from "./message-field.js";
import { addSettings, allSettings } from "./setting-option.js";

type Action = (context: CommandContext, options: Options, args: readonly string[]) => Promise<ExitCode>;

const asking = ["http", "httpToken", "store"] as const;

/**
 * Runs one command line and answers with its exit code: 0 ok, 1 a problem was found, 2 wrong usage. Commands load when they are called, so that
 * `--help` and `status` do not wait for a server's code.
 */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  let code: number = exitCodes.ok;
  const run =
    (action: Action) =>
    async (...given: unknown[]) => {
      const called = given.at(-1) as Command;
      code = await action(context, called.optsWithGlobals(), called.args);
    };
  const program = programOf(run, context);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return codeOfError(error, context);
  }
}

function codeOfError(error: unknown, { terminal }: CommandContext): number {
  // Commander has said already what there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof UsageError) {
    for (const problem of error.problems) terminal.note(`error: ${problem}`);
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

type Run = (action: Action) => (...given: unknown[]) => Promise<void>;

function programOf(run: Run, { terminal }: CommandContext): Command {
  const program = new Command("kissbot-monitor")
    .description(
      "Shows which bots of a fleet are alive, what they take of CPU and memory, and what their LLM calls cost.",
    )
    .version(version, "--version", "print the version")
    .helpOption("--help", "say how it is used; also: kissbot-monitor COMMAND --help")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .addHelpText("after", programNotes);
  addRunning(program, run);
  addLooking(program, run);
  addOperating(program, run);
  return program;
}

function addRunning(program: Command, run: Run): void {
  program.commandsGroup("Run:");
  addSettings(command(program, "start", "Runs the monitor until Ctrl-C or SIGTERM."), allSettings)
    .summary("run the monitor")
    .addOption(json("say in JSON where everything is"))
    .addOption(new Option("--stop-with-stdin", "stop when stdin ends").hideHelp())
    .addHelpText("after", startNotes)
    .action(run(async (context, options) => (await import("./start.js")).runStart(context, options)));
  command(
    program,
    "demo",
    "Runs a monitor and a simulated fleet in a temporary directory; all of it is gone at the end.",
  )
    .summary("see it with a simulated fleet")
    .option("--bots <n>", "how many bots, each a process of its own (about 45 MB), from 1 to 200", "20")
    .option("--seconds <n>", "end by itself after so many seconds; without it, at Ctrl-C")
    .option("--port <n>", "port of HTTP on 127.0.0.1; 0 takes a free one", "0")
    .addOption(json("each report as one line of JSON"))
    .addHelpText("after", "\nExamples:\n  kissbot-monitor demo\n  kissbot-monitor demo --bots 5 --seconds 30")
    .action(run(async (context, options) => (await import("./demo/demo.js")).runDemo(context, options)));
}

function addLooking(program: Command, run: Run): void {
  program.commandsGroup("Look:");
  const asked = "Asks the running monitor; where none answers, reads its database and says how old that is.";
  const status = command(
    program,
    "status",
    "Tells whether all is well: the monitor, and which bots are down.",
  )
    .summary("is all well? exit code 1 if not")
    .addOption(json());
  addSettings(status, asking)
    .addHelpText(
      "after",
      `\n${asked}\nExit code 1: no monitor answers, it is degraded, or a bot is dead or stale.`,
    )
    .action(run(async (context, options) => (await import("./status.js")).runStatus(context, options)));
  const bots = command(
    program,
    "bots",
    "Lists every bot with its status, CPU, memory and restarts, the worst first.",
  )
    .summary("every bot, the worst first")
    .option("--status <list>", "only these: online, stale, dead, offline, separated by commas")
    .addOption(json());
  addSettings(bots, asking)
    .addHelpText(
      "after",
      `\n${asked}\n\nExamples:\n  kissbot-monitor bots --status dead,stale\n  kissbot-monitor bots --json`,
    )
    .action(run(async (context, options) => (await import("./bots.js")).runBots(context, options)));
  const usage = command(
    program,
    "usage",
    "Tells what LLM calls used: calls, tokens, cost and latency, in groups.",
  )
    .summary("what LLM calls used and cost")
    .option("--by <list>", "groups: channel, model, feature, hour, day, separated by commas", "model")
    .option("--since <duration>", "how far to look back: 90m, 24h, 30d", "24h")
    .option("--channel <name>", "only this bot")
    .option("--model <name>", "only this model")
    .option("--top <n>", "at most so many groups", "1000")
    .addOption(json());
  addSettings(usage, asking)
    .addHelpText("after", `\n${usageNotes}\n${asked}`)
    .action(run(async (context, options) => (await import("./usage.js")).runUsage(context, options)));
}

function addOperating(program: Command, run: Run): void {
  program.commandsGroup("Operate:");
  addSettings(
    command(
      program,
      "doctor",
      "Checks paths, rights, database, clock, HTTP and a round trip, and says what to do.",
    ),
    allSettings.filter((name) => name !== "logLevel"),
  )
    .summary("what is wrong, and what to do about it")
    .option("--no-round-trip", "do not send the throw-away bot kissbot-doctor through the socket")
    .addOption(json())
    .addHelpText("after", "\nGive it the same settings as start. Exit code 1: a check failed.")
    .action(
      run(async (context, options) => (await import("./doctor/doctor.js")).runDoctor(context, options)),
    );
  addBackup(program, run);
  addRestore(program, run);
  addSend(program, run);
}

function addBackup(program: Command, run: Run): void {
  addSettings(
    command(program, "backup", "Makes a checked copy of the database, also while a monitor writes to it."),
    ["store"],
  )
    .summary("copy the database while it is used")
    .argument("<path>", "the file to write; an older backup of that name is replaced")
    .option("--force", "replace also a file that is no backup")
    .addOption(json())
    .addHelpText("after", "\nExample:\n  kissbot-monitor backup /var/backups/kissbot-$(date +%F).db")
    .action(
      run(async (context, options, [path = ""]) =>
        (await import("./backup.js")).runBackup(path, context, options),
      ),
    );
}

function addRestore(program: Command, run: Run): void {
  const what =
    "Puts a checked backup in the place of the database. The database that stands there is kept beside it.";
  addSettings(command(program, "restore", what), ["store"])
    .summary("bring a backup back, while no monitor runs")
    .argument("<file>", "the backup")
    .addOption(json())
    .addHelpText("after", "\nExample:\n  kissbot-monitor restore /var/backups/kissbot-2026-05-20.db")
    .action(
      run(async (context, options, [file = ""]) =>
        (await import("./restore.js")).runRestore(file, context, options),
      ),
    );
}

function addSend(program: Command, run: Run): void {
  const send = command(program, "send", "Sends one line to the monitor's socket, checked before it is sent.");
  addSettings(send, ["socketPath"])
    .summary("report from a shell script")
    .usage("TYPE [options]  or  send [options] LINE")
    .argument("[line]", "a line of JSON as it stands in the protocol")
    .addOption(json())
    .enablePositionalOptions()
    // A misspelt type is told as such, not by the options that it then has not.
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", sendNotes)
    .action(
      run(async (context, options, args) => (await import("./send.js")).runSendLine(args, context, options)),
    );
  for (const [type, { summary, fields }] of Object.entries(messageKinds)) {
    const one = command(send, type, summary);
    for (const field of fields) {
      const option = new Option(`${flagOf(field)} ${field.argument}`, field.help);
      if (field.kind.input === "flags")
        option.argParser((value: string, before: string[] = []) => [...before, value]);
      one.addOption(option.makeOptionMandatory(field.required === true));
    }
    addSettings(one, ["socketPath"])
      .addOption(json())
      .action(
        run(async (context, options) =>
          (await import("./send.js")).runSendMessage(type as MessageType, context, options),
        ),
      );
  }
}

function command(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).helpOption("--help", "say how it is used");
}

function json(help = "the answer in JSON, for programs"): Option {
  return new Option("--json", help);
}
