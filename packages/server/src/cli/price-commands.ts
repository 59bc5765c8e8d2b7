import { type Command, Option } from "commander";
import { command, json, type Run } from "./command-line.js";
import { addSettings } from "./setting-option.js";
import { sinceOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addPrices(program: Command, run: Run): void {
  const prices = command(program, "prices", "What calls of language models cost.")
    .summary("what models cost, or why that is unknown")
    .helpCommand(false);
  const show = command(prices, "show", "Says what models cost, and by whose price; or why there is none.")
    .summary("the price of a model")
    .argument("<model...>", "names of models, as bots report them")
    .addOption(new Option("--provider <name>", "the provider that the bot reports with them"))
    .addOption(new Option("--feature <name>", "the feature that the bot reports with them"))
    .addOption(new Option("--at <time>", "the price of that time: 2026-11-01, 2d (default: now)"))
    .addOption(json());
  addSettings(show, ["store", "defaultProvider"])
    .addHelpText(
      "after",
      "\nExit code 1: a model has no price.\n\nExample:\n  kissbot-monitor prices show o3 --at 2025-06-09",
    )
    .action(
      run(async (context, options, models) =>
        (await import("./prices.js")).runPricesShow(models, context, options),
      ),
    );
  const check = command(
    prices,
    "check",
    "Says which price each model of the last calls has and why one has none, with the line of the config file that settles it; and where bots tell costs that cannot be right.",
  )
    .summary("which models have no price, and what settles it")
    .addOption(sinceOption("30d"))
    .addOption(utcOption())
    .addOption(json());
  addSettings(check, ["store", "defaultProvider"])
    .addHelpText("after", "\nReads the database. Exit code 1: there is something to settle.")
    .action(
      run(async (context, options) => (await import("./prices-check.js")).runPricesCheck(context, options)),
    );
  const update = command(
    prices,
    "update",
    "Fetches the newest table of prices, checks all of it and puts it beside the database. No other command and no monitor fetches anything.",
  )
    .summary("fetch the newest prices")
    .option("--from <url>", "where the table is (default: where genai-prices is published)")
    .addOption(json());
  addSettings(update, ["store"])
    .addHelpText("after", "\nExit code 1: there is no table, or it is broken; the old prices stay.")
    .action(
      run(async (context, options) => (await import("./prices-update.js")).runPricesUpdate(context, options)),
    );
}
