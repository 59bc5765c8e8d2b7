import { type Command, Option } from "commander";
import { type AddCommand, json } from "./command-line.js";
import { loadWithBoundHeap } from "./heap-growth.js";
import { hubNotes, startNotes } from "./help-notes.js";
import { allSettings } from "./setting-option.js";

/** What a process without bots has of the settings. */
const hubSettings = [
  "fleet",
  "fleetPasswordFile",
  "mayLeadFleet",
  "http",
  "httpToken",
  "httpWriteToken",
  "httpAllowedHosts",
  "displayName",
  "publicUrl",
  "timezone",
  "alertUrl",
  "logLevel",
  "logFormat",
] as const;

export function addRunning(program: Command, add: AddCommand): void {
  program.commandsGroup("Run:");
  add(program, {
    name: "start",
    description: "Runs the monitor until Ctrl-C or SIGTERM.",
    summary: "run the monitor",
    options: [
      json("print the addresses and paths in JSON"),
      new Option("--stop-with-stdin", "stop when stdin ends").hideHelp(),
    ],
    settings: allSettings,
    notes: startNotes,
    action: async () => (await loadWithBoundHeap(() => import("./start.js"))).runStart,
  });
  add(program, {
    name: "hub",
    description:
      "Shows all hosts of a fleet database and watches for silent ones, without bots of its own, until Ctrl-C or SIGTERM.",
    summary: "show several hosts, without bots of its own",
    options: [
      json("print the addresses in JSON"),
      new Option("--stop-with-stdin", "stop when stdin ends").hideHelp(),
    ],
    settings: hubSettings,
    notes: hubNotes,
    action: async () => (await loadWithBoundHeap(() => import("./hub.js"))).runHub,
  });
  add(program, {
    name: "demo",
    description:
      "Runs a monitor and a simulated fleet in a temporary directory, and removes everything at the end.",
    summary: "see it with a simulated fleet",
    options: [
      ["--bots <n>", "how many bots, each a process of its own (about 45 MB), from 1 to 200", "20"],
      ["--seconds <n>", "end after this many seconds; by default at Ctrl-C"],
      ["--port <n>", "port of HTTP on 127.0.0.1; 0 takes a free one", "0"],
      json("print each report as one line of JSON"),
    ],
    notes: "\nExamples:\n  kissbot-monitor demo\n  kissbot-monitor demo --bots 5 --seconds 30",
    action: async () => (await import("./demo/demo.js")).runDemo,
  });
}
