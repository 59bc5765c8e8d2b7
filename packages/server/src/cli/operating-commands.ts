import { type Command, Option } from "commander";
import { command, json, type Run } from "./command-line.js";
import { configNotes, sendNotes } from "./help-notes.js";
import { flagOf, type MessageType, messageKinds } from "./message-field.js";
import { addSettings, allSettings } from "./setting-option.js";

export function addOperating(program: Command, run: Run): void {
  program.commandsGroup("Operate:");
  addSettings(
    command(
      program,
      "doctor",
      "Checks paths, rights, database, clock, prices, HTTP and a round trip, and says what to do.",
    ),
    allSettings.filter((name) => name !== "logLevel" && name !== "logFormat"),
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
  addConfig(program, run);
}

function addConfig(program: Command, run: Run): void {
  const config = command(program, "config", "Looks at the config file and at where each setting comes from.")
    .summary("check the config file, show the settings")
    .helpCommand(false)
    .addHelpText("after", configNotes);
  command(config, "check", "Says everything that is wrong in a config file, with line and column.")
    .summary("is the config file right? exit code 2 if not")
    .argument("[file]", "the config file; without it, the one that start would read")
    .addOption(json())
    .action(
      run(async (context, options, [file]) =>
        (await import("./config-check.js")).runConfigCheck(file, context, options),
      ),
    );
  addSettings(
    command(config, "show", "Shows each setting that start would have, and where it comes from."),
    allSettings,
  )
    .summary("each setting, and where it comes from")
    .addOption(json())
    .action(
      run(async (context, options) => (await import("./config-show.js")).runConfigShow(context, options)),
    );
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
    // The error names a misspelt type, and not the options that this type does not have.
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
