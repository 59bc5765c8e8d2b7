import { type Command, Option } from "commander";
import { command, json, type Run } from "./command-line.js";
import { addSettings } from "./setting-option.js";

/** The settings that say where a monitor is that a command is to change. */
const controlSettings = ["socketPath", "http", "httpWriteToken"] as const;

/** Stands in the help of each command that changes something. */
const controlNotes = `Goes over the control socket of the running monitor (SOCKET.control), which only
its own user and root may open: use sudo. For a monitor elsewhere, or as another
user: --http HOST:PORT and --http-write-token.`;

const forgetNotes = `
Examples:
  kissbot-monitor forget twitch/old_channel
  kissbot-monitor forget --ended 30d

A bot that is heard again comes back as a new one. Its history, measurements and
usage stay: events and usage go on showing them. An online bot is not forgotten.
--forget-after of start does the same by itself.

${controlNotes}
Exit code 1: there is no such bot, or it is online.`;

/** Commands that change something in a running monitor. */
export function addChanging(program: Command, run: Run): void {
  program.commandsGroup("Operate:");
  const forget = command(
    program,
    "forget",
    "Removes bots from the fleet that will not come back: from lists, counts and metrics.",
  )
    .summary("remove a bot that will not come back")
    .argument("[channel...]", "the bots")
    .option("--ended <duration>", "all that have not been online for so long, such as 30d")
    .addOption(byOption())
    .addOption(json());
  addSettings(forget, controlSettings)
    .addHelpText("after", forgetNotes)
    .action(
      run(async (context, options, channels) =>
        (await import("./forget.js")).runForget(channels, context, options),
      ),
    );
}

function byOption(): Option {
  return new Option("--by <name>", "who does it, for the history (default: the user of the system)");
}
