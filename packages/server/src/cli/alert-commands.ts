import { type Command, Option } from "commander";
import { sampleKinds } from "../notices/sample-notice.js";
import { command, json, type Run } from "./command-line.js";
import { addSettings } from "./setting-option.js";

export function addAlerts(program: Command, run: Run): void {
  program.commandsGroup("Operate:");
  const alerts = command(program, "alerts", "Tells who would be told of alerts, and whether notices arrive.")
    .summary("try whether notices arrive")
    .helpCommand(false);
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
      "\nA running monitor is not asked: no alert is opened, and nothing is recorded. The secrets that it\nhas from its environment must be in the environment of this command as well.",
    )
    .action(
      run(async (context, options, [receiver]) =>
        (await import("./alerts-test.js")).runAlertsTest(receiver, context, options),
      ),
    );
}
