import type { Command } from "commander";
import { type AddCommand, json } from "./command-line.js";
import { sinceOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addPrices(program: Command, add: AddCommand): void {
  const prices = add(program, {
    name: "prices",
    description: "Shows what calls of language models cost.",
    summary: "what models cost, or why that is unknown",
  }).helpCommand(false);
  add(prices, {
    name: "show",
    description: "Shows what models cost and who set the price, or why there is none.",
    summary: "the price of a model",
    arguments: { "<model...>": "names of models, as bots report them" },
    options: [
      ["--provider <name>", "the provider that the bot reports with them"],
      ["--feature <name>", "the feature that the bot reports with them"],
      ["--at <time>", "the price at that time: 2026-11-01, 2d (default: now)"],
      json(),
    ],
    settings: ["store", "defaultProvider"],
    notes:
      "\nExit code 1: a model has no price.\n\nExample:\n  kissbot-monitor prices show o3 --at 2025-06-09",
    action: async () => (await import("./prices.js")).runPricesShow,
  });
  add(prices, {
    name: "check",
    description:
      "Shows the price of each model in recent calls, or why it has none and which line to add to the config file. Also lists reported costs that cannot be right.",
    summary: "which models have no price, and what settles it",
    options: [sinceOption("30d"), utcOption(), json()],
    settings: ["store", "defaultProvider"],
    notes: "\nReads the database. Exit code 1: there is something to settle.",
    action: async () => (await import("./prices-check.js")).runPricesCheck,
  });
  add(prices, {
    name: "update",
    description:
      "Fetches the newest table of prices, checks all of it and puts it beside the database. No other command and no monitor fetches anything.",
    summary: "fetch the newest prices",
    options: [
      ["--from <url>", "the address of the table (default: where genai-prices is published)"],
      json(),
    ],
    settings: ["store"],
    notes: "\nExit code 1: there is no table, or it is broken; the old prices stay.",
    action: async () => (await import("./prices-update.js")).runPricesUpdate,
  });
}
