import { type Command, Option } from "commander";
import { command, json, type Run } from "./command-line.js";
import { addSettings } from "./setting-option.js";

export function addPrices(program: Command, run: Run): void {
  const prices = command(program, "prices", "What calls of language models cost.")
    .summary("what a model costs, or why that is unknown")
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
}
