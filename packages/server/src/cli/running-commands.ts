import { type Command, Option } from "commander";
import { command, json, type Run } from "./command-line.js";
import { startNotes } from "./help-notes.js";
import { addSettings, allSettings } from "./setting-option.js";

export function addRunning(program: Command, run: Run): void {
  program.commandsGroup("Run:");
  addStart(program, run);
  addDemo(program, run);
}

function addStart(program: Command, run: Run): void {
  addSettings(command(program, "start", "Runs the monitor until Ctrl-C or SIGTERM."), allSettings)
    .summary("run the monitor")
    .addOption(json("say in JSON where everything is"))
    .addOption(new Option("--stop-with-stdin", "stop when stdin ends").hideHelp())
    .addHelpText("after", startNotes)
    .action(run(async (context, options) => (await import("./start.js")).runStart(context, options)));
}

function addDemo(program: Command, run: Run): void {
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
