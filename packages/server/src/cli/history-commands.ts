import { type Command, Option } from "commander";
import { command, json, placeSettings, type Run, sourceNotes } from "./command-line.js";
import { channelOption } from "./looking-commands.js";
import { addSettings } from "./setting-option.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

const eventsNotes = `
Examples:
  kissbot-monitor events --since yesterday --status dead,stale
  kissbot-monitor events --channel 'twitch/*' --follow
  kissbot-monitor events --cause process_gone --since 7d --json

The newest stands last. --follow goes on until Ctrl-C and waits for a monitor
that restarts.
${sourceNotes}`;

export function addEvents(program: Command, run: Run): void {
  const events = command(program, "events", "Tells what happened: each change of a bot's status, and why.")
    .summary("what happened, and when")
    .addOption(channelOption())
    .option("--status <list>", "only changes to these: online, stale, dead, offline, separated by commas")
    .option("--cause <list>", "only these causes, such as process_gone, separated by commas")
    .addOption(sinceOption("all"))
    .addOption(untilOption())
    .option("--limit <n>", "only the newest, so many (default: 100; with --follow 10)")
    .option("-f, --follow", "go on and print each event as it comes")
    .addOption(utcOption())
    .addOption(json("the answer in JSON; with --follow one event a line"));
  addSettings(events, placeSettings)
    .addHelpText("after", eventsNotes)
    .action(run(async (context, options) => (await import("./events.js")).runEvents(context, options)));
}

const exportNotes = `
Examples:
  kissbot-monitor export usage --since 2026-11-01 --output since-november.csv
  kissbot-monitor export events --format jsonl | gzip > events.jsonl.gz

Reads the database itself, also while a monitor writes to it, and gives every
row once that is there at the start. Times are ISO 8601 in UTC. In CSV an
unknown value is empty, and a text that a spreadsheet would take for a formula
has an apostrophe before it.`;

export function addExport(program: Command, run: Run): void {
  const one = command(
    program,
    "export",
    "Writes every single LLM call, or every event, as CSV or as lines of JSON.",
  )
    .summary("every call or event, for a spreadsheet or a program")
    .argument("<what>", "usage or events")
    .option("--format <format>", "csv or jsonl", "csv")
    .addOption(sinceOption("the beginning"))
    .addOption(untilOption())
    .addOption(channelOption())
    .option("--output <file>", "write this file, not standard output; readable by its owner alone")
    .option("--force", "replace a file that is there")
    .addOption(new Option("--utc", "days and times without a zone are UTC's"));
  addSettings(one, ["store"])
    .addHelpText("after", exportNotes)
    .action(
      run(async (context, options, [what = ""]) =>
        (await import("./export.js")).runExport(what, context, options),
      ),
    );
}

export function addCompletion(program: Command, run: Run): void {
  const completion = command(
    program,
    "completion",
    "Completes commands, flags and names of bots in a shell.",
  ).summary("completion for a shell");
  completion.helpCommand(false);
  command(completion, "bash", "Prints the script for bash.")
    .addHelpText("after", "\nTo load it, in ~/.bashrc:\n  source <(kissbot-monitor completion bash)")
    .action(run(async (context) => (await import("./completion.js")).runCompletionBash(program, context)));
  const channels = completion
    .command("channels", { hidden: true })
    .description("Prints the names of the bots.");
  addSettings(channels, ["http", "httpToken"]).action(
    run(async (context, options) =>
      (await import("./completion.js")).runCompletionChannels(context, options),
    ),
  );
}
