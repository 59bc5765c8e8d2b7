import { type Command, Option } from "commander";
import { sampleKinds } from "../notices/sample-notice.js";
import { type AddCommand, json } from "./command-line.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addAlerts(program: Command, add: AddCommand): void {
  program.commandsGroup("Operate:");
  const alerts = add(program, {
    name: "alerts",
    description: "Lists the alerts that are open, and who was told of them.",
    summary: "what is wrong, who was told, or why not",
    options: [utcOption(), json()],
    settings: ["http", "httpToken"],
    notes: "\nExit code 1: an alert is open.",
    action: async () => (await import("./alerts.js")).runAlerts,
  }).helpCommand(false);
  addLookingBack(alerts, add);
  add(alerts, {
    name: "test",
    description:
      "Sends a notice that says TEST to each receiver of the config, or to one, from this process.",
    summary: "send a test notice; exit code 1 if it does not arrive",
    arguments: { "[receiver]": "its name in the config; each one, if not given" },
    options: [
      new Option("--as <kind>", "as if a bot went down, came back, or forty of them went down").choices(
        sampleKinds,
      ),
      ["--dry-run", "print what would be sent, and send nothing"],
      json(),
    ],
    settings: ["alertUrl", "displayName", "publicUrl", "timezone"],
    notes:
      "\nA running monitor is not asked: no alert is opened, and nothing is recorded. Of\nits secrets, those in its environment must be in that of this command as well.",
    action: async () => (await import("./alerts-test.js")).runAlertsTest,
  });
}

function addLookingBack(alerts: Command, add: AddCommand): void {
  add(alerts, {
    name: "history",
    description: "Lists all alerts that there were, the newest first.",
    summary: "all alerts that there were",
    options: [
      ["--channel <name>", "only alerts on this bot"],
      ["--rule <name>", "only alerts of this rule"],
      sinceOption("all"),
      untilOption(),
      ["--limit <n>", "how many alerts to list at most", "100"],
      utcOption(),
      json(),
    ],
    settings: ["http", "httpToken"],
    action: async () => (await import("./alerts.js")).runAlertsHistory,
  });
  add(alerts, {
    name: "windows",
    description: "Tells when the windows of the config, in which nothing is told, begin and end next.",
    summary: "when windows begin and end next",
    options: [["--next <n>", "how many openings to list for each window", "1"], utcOption(), json()],
    settings: ["timezone"],
    notes:
      "\nTimes are in the zone of each window. A running monitor is not asked: it has the\nwindows of its start or of its last reload.",
    action: async () => (await import("./alerts-windows.js")).runAlertsWindows,
  });
  add(alerts, {
    name: "explain",
    description: "Tells how each rule stands on a bot, and who was told, or why not.",
    summary: "why a bot has the alerts that it has, or none",
    arguments: { "<channel>": "the bot" },
    options: [json()],
    settings: ["http", "httpToken"],
    action: async () => (await import("./alerts.js")).runAlertsExplain,
  });
  add(alerts, {
    name: "ack",
    description: "Says that somebody knows of these alerts: nobody is reminded any more.",
    summary: "somebody knows of it",
    arguments: { "<id...>": "as alerts shows them" },
    options: [
      new Option("--why <text>", "what is done about it").makeOptionMandatory(),
      ["--by <name>", "who knows of it (default: the user of the system)"],
      json(),
    ],
    settings: ["socketPath", "http", "httpWriteToken"],
    action: async () => (await import("./alerts.js")).runAlertsAck,
  });
}
