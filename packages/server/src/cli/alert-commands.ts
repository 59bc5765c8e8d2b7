import { type Command, Option } from "commander";
import { sampleKinds } from "../notices/sample-notice.js";
import { command, json, type Run } from "./command-line.js";
import { addSettings } from "./setting-option.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addAlerts(program: Command, run: Run): void {
  program.commandsGroup("Operate:");
  const alerts = command(program, "alerts", "Lists the alerts that are open, and who was told of them.")
    .summary("what is wrong, who was told, or why not")
    .helpCommand(false)
    .addOption(utcOption())
    .addOption(json());
  addSettings(alerts, ["http", "httpToken"])
    .addHelpText("after", "\nExit code 1: an alert is open.")
    .action(run(async (context, options) => (await import("./alerts.js")).runAlerts(context, options)));
  addLookingBack(alerts, run);
  addSettings(
    command(
      alerts,
      "test",
      "Sends a notice that says TEST to each receiver of the config, or to one, from this process.",
    ),
    ["alertUrl", "displayName", "publicUrl", "timezone"],
  )
    .summary("send a test notice; exit code 1 if it does not arrive")
    .argument("[receiver]", "its name in the config; each one, if not given")
    .addOption(
      new Option("--as <kind>", "as if a bot went down, came back, or forty of them went down").choices(
        sampleKinds,
      ),
    )
    .option("--dry-run", "print what would be sent, and send nothing")
    .addOption(json())
    .addHelpText(
      "after",
      "\nA running monitor is not asked: no alert is opened, and nothing is recorded. Of\nits secrets, those in its environment must be in that of this command as well.",
    )
    .action(
      run(async (context, options, [receiver]) =>
        (await import("./alerts-test.js")).runAlertsTest(receiver, context, options),
      ),
    );
}

function addLookingBack(alerts: Command, run: Run): void {
  const history = command(alerts, "history", "Lists all alerts that there were, the newest first.")
    .summary("all alerts that there were")
    .option("--channel <name>", "only alerts on this bot")
    .option("--rule <name>", "only alerts of this rule")
    .addOption(sinceOption("all"))
    .addOption(untilOption())
    .option("--limit <n>", "how many alerts to list at most", "100")
    .addOption(utcOption())
    .addOption(json());
  addSettings(history, ["http", "httpToken"]).action(
    run(async (context, options) => (await import("./alerts.js")).runAlertsHistory(context, options)),
  );
  const windows = command(
    alerts,
    "windows",
    "Tells when the windows of the config, in which nothing is told, begin and end next.",
  )
    .summary("when windows begin and end next")
    .option("--next <n>", "how many openings to list for each window", "1")
    .addOption(utcOption())
    .addOption(json())
    .addHelpText(
      "after",
      "\nTimes are in the zone of each window. A running monitor is not asked: it has the\nwindows of its start or of its last reload.",
    );
  addSettings(windows, ["timezone"]).action(
    run(async (context, options) => (await import("./alerts-windows.js")).runAlertsWindows(context, options)),
  );
  const explain = command(
    alerts,
    "explain",
    "Tells how each rule stands on a bot, and who was told, or why not.",
  )
    .summary("why a bot has the alerts that it has, or none")
    .argument("<channel>", "the bot")
    .addOption(json());
  addSettings(explain, ["http", "httpToken"]).action(
    run(async (context, options, [channel = ""]) =>
      (await import("./alerts.js")).runAlertsExplain(channel, context, options),
    ),
  );
  const ack = command(alerts, "ack", "Says that somebody knows of these alerts: nobody is reminded any more.")
    .summary("somebody knows of it")
    .argument("<id...>", "as alerts shows them")
    .addOption(new Option("--why <text>", "what is done about it").makeOptionMandatory())
    .addOption(new Option("--by <name>", "who knows of it (default: the user of the system)"))
    .addOption(json());
  addSettings(ack, ["socketPath", "http", "httpWriteToken"]).action(
    run(async (context, options, ids) => (await import("./alerts.js")).runAlertsAck(ids, context, options)),
  );
}
