import { type Command, Option } from "commander";
import { sampleKinds } from "../notices/sample-notice.js";
import { type AddCommand, json } from "./command-line.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addAlerts(program: Command, add: AddCommand): void {
  program.commandsGroup("Operate:");
  const alerts = add(program, {
    name: "alerts",
    description: "Lists the open alerts, and who was notified of them.",
    summary: "what is wrong, and who was notified, or why not",
    options: [utcOption(), json()],
    settings: ["http", "httpToken"],
    notes: "\nExit code 1: an alert is open.",
    action: async () => (await import("./alerts.js")).runAlerts,
  }).helpCommand(false);
  addLookingBack(alerts, add);
  add(alerts, {
    name: "test",
    description: "Sends a test notice to each receiver of the config, or to one, from this process.",
    summary: "send a test notice; exit code 1 if it does not arrive",
    arguments: { "[receiver]": "its name in the config; by default each one" },
    options: [
      new Option("--as <kind>", "as if a bot went down, came back, or forty bots went down").choices(
        sampleKinds,
      ),
      ["--dry-run", "print what would be sent, but send nothing"],
      json(),
    ],
    settings: ["alertUrl", "displayName", "publicUrl", "timezone"],
    notes:
      "\nIt asks no running monitor, opens no alert and records nothing. Secrets in the\nmonitor's environment must also be in the environment of this command.",
    action: async () => (await import("./alerts-test.js")).runAlertsTest,
  });
}

function addLookingBack(alerts: Command, add: AddCommand): void {
  add(alerts, {
    name: "history",
    description: "Lists all alerts, open and ended, newest first.",
    summary: "all alerts, open and ended",
    options: [
      ["--channel <name>", "only alerts on this bot"],
      ["--rule <name>", "only alerts of this rule"],
      sinceOption("all"),
      untilOption(),
      ["--limit <n>", "list at most this many alerts", "100"],
      utcOption(),
      json(),
    ],
    settings: ["http", "httpToken"],
    action: async () => (await import("./alerts.js")).runAlertsHistory,
  });
  add(alerts, {
    name: "windows",
    description: "Shows when the windows of the config, in which no notice is sent, next begin and end.",
    summary: "when windows next begin and end",
    options: [["--next <n>", "how many openings to list for each window", "1"], utcOption(), json()],
    settings: ["timezone"],
    notes:
      "\nTimes are in the zone of each window. It asks no running monitor, which\nhas the windows of its start or of its last reload.",
    action: async () => (await import("./alerts-windows.js")).runAlertsWindows,
  });
  add(alerts, {
    name: "explain",
    description: "Shows how each rule judges a bot, and who was notified, or why not.",
    summary: "why a bot has its alerts, or none",
    arguments: { "<channel>": "the bot" },
    options: [json()],
    settings: ["http", "httpToken"],
    action: async () => (await import("./alerts.js")).runAlertsExplain,
  });
  add(alerts, {
    name: "ack",
    description: "Acknowledges alerts: their reminders stop.",
    summary: "stop the reminders of an alert",
    arguments: { "<id...>": "the ids that alerts shows" },
    options: [
      new Option("--why <text>", "what is being done about it").makeOptionMandatory(),
      ["--by <name>", "who acknowledges it (default: the system user)"],
      json(),
    ],
    settings: ["socketPath", "http", "httpWriteToken"],
    action: async () => (await import("./alerts.js")).runAlertsAck,
  });
}
