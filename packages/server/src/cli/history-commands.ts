import type { Command } from "commander";
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

The newest stands last. --follow goes on until Ctrl-C and waits for a monitor that restarts.
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
