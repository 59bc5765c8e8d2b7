import type { Command } from "commander";
import { type AddCommand, json, placeSettings, sourceNotes } from "./command-line.js";
import { channelOption } from "./looking-commands.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

const eventsNotes = `
Examples:
  kissbot-monitor events --since yesterday --status dead,stale
  kissbot-monitor events --channel 'twitch/*' --follow
  kissbot-monitor events --cause process_gone --since 7d --json

The newest is last. --follow runs until Ctrl-C, and waits for a monitor that
restarts.
${sourceNotes}`;

export function addEvents(program: Command, add: AddCommand): void {
  add(program, {
    name: "events",
    description: "Shows what happened: each change of a bot's status, and why.",
    summary: "what happened, and when",
    options: [
      channelOption(),
      ["--status <list>", "only changes to these: online, stale, dead, offline, separated by commas"],
      ["--cause <list>", "only these causes, such as process_gone, separated by commas"],
      sinceOption("all"),
      untilOption(),
      ["--limit <n>", "how many events, the newest (default: 100; with --follow 10)"],
      ["-f, --follow", "keep running and print each event as it comes"],
      utcOption(),
      json("the answer in JSON; with --follow one event per line"),
    ],
    settings: placeSettings,
    notes: eventsNotes,
    action: async () => (await import("./events.js")).runEvents,
  });
}

const exportNotes = `
Examples:
  kissbot-monitor export usage --since 2026-11-01 --output since-november.csv
  kissbot-monitor export events --format jsonl | gzip > events.jsonl.gz

Reads the database itself, also while a monitor writes to it, and writes each
row that exists at the start once. Times are ISO 8601 in UTC. In CSV an unknown
value is empty, and a text that a spreadsheet would take for a formula has an
apostrophe before it.`;

export function addExport(program: Command, add: AddCommand): void {
  add(program, {
    name: "export",
    description: "Writes every LLM call, or every event, as CSV or as lines of JSON.",
    summary: "every call or event, for a spreadsheet or a program",
    arguments: { "<what>": "usage or events" },
    options: [
      ["--format <format>", "csv or jsonl", "csv"],
      sinceOption("the beginning"),
      untilOption(),
      channelOption(),
      ["--output <file>", "write this file, not standard output; only its owner may read it"],
      ["--force", "replace an existing file"],
      ["--utc", "days and times without a zone are in UTC"],
    ],
    settings: ["store"],
    notes: exportNotes,
    action: async () => (await import("./export.js")).runExport,
  });
}

export function addCompletion(program: Command, add: AddCommand): void {
  const completion = add(program, {
    name: "completion",
    description: "Completes commands, flags and names of bots in a shell.",
    summary: "completion for a shell",
  }).helpCommand(false);
  add(completion, {
    name: "bash",
    description: "Prints the script for bash.",
    notes: "\nTo load it, in ~/.bashrc:\n  source <(kissbot-monitor completion bash)",
    action: async () => {
      const { runCompletionBash } = await import("./completion.js");
      return (context) => runCompletionBash(program, context);
    },
  });
  add(completion, {
    name: "channels",
    description: "Prints the names of the bots.",
    settings: ["http", "httpToken"],
    isHidden: true,
    action: async () => (await import("./completion.js")).runCompletionChannels,
  });
}
