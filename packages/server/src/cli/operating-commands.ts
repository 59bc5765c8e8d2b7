import { type Command, Option } from "commander";
import { type Action, type AddCommand, json, repeatable } from "./command-line.js";
import { configNotes, sendNotes } from "./help-notes.js";
import { flagOf, type MessageField, type MessageType, messageKinds } from "./message-field.js";
import { allSettings } from "./setting-option.js";

export function addOperating(program: Command, add: AddCommand): void {
  program.commandsGroup("Operate:");
  add(program, {
    name: "doctor",
    description:
      "Checks paths, rights, database, clock, prices, HTTP and a round trip, and advises what to do.",
    summary: "what is wrong, and what to do about it",
    options: [
      ["--no-round-trip", "do not send the throw-away bot kissbot-doctor through the socket"],
      json(),
    ],
    settings: allSettings.filter((name) => name !== "logLevel" && name !== "logFormat"),
    notes: "\nGive it the same settings as start. Exit code 1: a check failed.",
    action: async () => (await import("./doctor/doctor.js")).runDoctor,
  });
  add(program, {
    name: "backup",
    description: "Makes a checked copy of the database, also while a monitor writes to it.",
    summary: "copy the database while it is used",
    arguments: { "<path>": "the file to write; an older backup of that name is replaced" },
    options: [["--force", "replace the file even if it is not a backup"], json()],
    settings: ["store"],
    notes: "\nExample:\n  kissbot-monitor backup /var/backups/kissbot-$(date +%F).db",
    action: async () => (await import("./backup.js")).runBackup,
  });
  add(program, {
    name: "restore",
    description: "Puts a checked backup in place of the database. Keeps the old database beside it.",
    summary: "restore a backup while no monitor runs",
    arguments: { "<file>": "the backup" },
    options: [json()],
    settings: ["store"],
    notes: "\nExample:\n  kissbot-monitor restore /var/backups/kissbot-2026-05-20.db",
    action: async () => (await import("./restore.js")).runRestore,
  });
  addSend(program, add);
  addConfig(program, add);
}

function addConfig(program: Command, add: AddCommand): void {
  const config = add(program, {
    name: "config",
    description: "Checks the config file, and shows where each setting comes from.",
    summary: "check the config file, show the settings",
    notes: configNotes,
  }).helpCommand(false);
  add(config, {
    name: "check",
    description: "Lists everything that is wrong in a config file, with line and column.",
    summary: "is the config file right? exit code 2 if not",
    arguments: { "[file]": "the config file; by default the one that start would read" },
    options: [json()],
    action: async () => (await import("./config-check.js")).runConfigCheck,
  });
  add(config, {
    name: "show",
    description: "Shows each setting that start would have, and where it comes from.",
    summary: "each setting, and where it comes from",
    options: [json()],
    settings: allSettings,
    action: async () => (await import("./config-show.js")).runConfigShow,
  });
}

function addSend(program: Command, add: AddCommand): void {
  const send = add(program, {
    name: "send",
    description: "Checks one line and sends it to the monitor's socket.",
    summary: "report from a shell script",
    arguments: { "[line]": "a line of JSON, as the protocol defines it" },
    options: [json()],
    settings: ["socketPath"],
    notes: sendNotes,
    action: async () => (await import("./send.js")).runSendLine,
  })
    .usage("TYPE [options]  or  send [options] LINE")
    .enablePositionalOptions()
    // The error names a misspelt type, and not the options that this type does not have.
    .allowUnknownOption()
    .allowExcessArguments();
  for (const [type, { summary, fields }] of Object.entries(messageKinds)) {
    const action = async (): Promise<Action> => {
      const { runSendMessage } = await import("./send.js");
      return (context, options) => runSendMessage(context, options, type as MessageType);
    };
    const options = [...fields.map(optionOf), json()];
    add(send, { name: type, description: summary, options, settings: ["socketPath"], action });
  }
}

function optionOf(field: MessageField): Option {
  const option = new Option(`${flagOf(field)} ${field.argument}`, field.help);
  if (field.kind.input === "flags") repeatable(option);
  return option.makeOptionMandatory(field.required === true);
}
