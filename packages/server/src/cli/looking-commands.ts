import { type Command, Option } from "commander";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { statusWords } from "./bot-filter.js";
import { sortKeys } from "./bot-order.js";
import { addReprice } from "./changing-commands.js";
import type { Options } from "./command-context.js";
import { command, json, placeSettings, type Run, sourceNotes } from "./command-line.js";
import { botsNotes, usageNotes } from "./help-notes.js";
import { addSettings } from "./setting-option.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addLooking(program: Command, run: Run): void {
  program.commandsGroup("Look:");
  addStatus(program, run);
  addBots(program, run);
  addBot(program, run);
  addUsage(program, run);
  addBudgets(program, run);
}

function addStatus(program: Command, run: Run): void {
  const status = command(
    program,
    "status",
    "Tells whether all is well: the monitor, and which bots are down.",
  )
    .summary("is all well? exit code 1 if not")
    .addOption(json());
  addSettings(status, placeSettings)
    .addHelpText(
      "after",
      `\n${sourceNotes}\nExit code 1: no monitor answers, it is degraded, or a bot is dead, stale, in a\ncrash loop or claimed by two processes.`,
    )
    .action(run(async (context, options) => (await import("./status.js")).runStatus(context, options)));
}

function addBots(program: Command, run: Run): void {
  const bots = command(
    program,
    "bots",
    "Lists the bots with status, CPU, memory and restarts, the worst first.",
  )
    .summary("every bot, the worst first")
    .argument("[channel]", "only this bot, with all that is known of it, as kissbot-monitor bot")
    .option("--status <list>", `only these: ${statusWords}, separated by commas`)
    .addOption(channelOption())
    .addOption(labelOption())
    .option("--sort <key>", `by ${sortKeys}; -KEY for the other way round`, "worst")
    .option("--reverse", "the other way round")
    .option("--watch [seconds]", "again and again, every 2 s if not given, until Ctrl-C")
    .addOption(utcOption())
    .addOption(json());
  addSettings(bots, placeSettings)
    .addHelpText("after", `\n${sourceNotes}\n${botsNotes}`)
    .action(
      run(async (context, options, [channel]) => {
        if (channel !== undefined) {
          assertNoChoice(channel, options);
          return (await import("./bot.js")).runBot(channel, context, options);
        }
        if (options["watch"] !== undefined)
          return (await import("./bots-watch.js")).runWatch(context, options);
        return (await import("./bots.js")).runBots(context, options);
      }),
    );
}

/**
 * One bot is not chosen, ordered or watched: a flag that would be left out without a word is
 * refused.
 */
function assertNoChoice(channel: string, options: Options): void {
  if (channel.includes("*")) {
    throw new UsageError([`bots: a pattern is given with --channel ${quotedText(channel)}`]);
  }
  const { status, channel: patterns, label, watch, reverse, sort } = options;
  const given = {
    status,
    channel: patterns,
    label,
    watch,
    reverse,
    sort: sort === "worst" ? undefined : sort,
  };
  const flags = Object.entries(given).filter(([, value]) => value !== undefined);
  if (flags.length === 0) return;
  throw new UsageError(
    flags.map(
      ([flag]) => `--${flag}: expected without a channel; bots --channel ${quotedText(channel)} takes it`,
    ),
  );
}

function addBot(program: Command, run: Run): void {
  const bot = command(
    program,
    "bot",
    "Tells all of one bot: how it is, why, its processes, what it takes and costs.",
  )
    .summary("all of one bot: why, lives, measurements, calls")
    .argument("<channel>", "the bot")
    .addOption(utcOption())
    .addOption(json());
  addSettings(bot, placeSettings)
    .addHelpText("after", `\n${sourceNotes}\nExit code 1: there is no such bot.`)
    .action(
      run(async (context, options, [channel = ""]) =>
        (await import("./bot.js")).runBot(channel, context, options),
      ),
    );
}

export function channelOption(): Option {
  return new Option("--channel <pattern>", "only these; * stands for any text; may be repeated").argParser(
    (value: string, before: readonly string[] = []) => [...before, value],
  );
}

function labelOption(): Option {
  return new Option(
    "--label <name=value>",
    "only these, of the config file's bots:; * stands for any text; may be repeated",
  ).argParser((value: string, before: readonly string[] = []) => [...before, value]);
}

function addBudgets(program: Command, run: Run): void {
  const budgets = command(
    program,
    "budgets",
    "Tells what of each budget is spent in the period that runs, and who was told.",
  )
    .summary("what is spent of each budget; exit code 1 if one is spent")
    .option("--top <n>", "of a budget with each, at most this many keys, the highest spend first", "20")
    .addOption(json());
  addSettings(budgets, ["http", "httpToken"])
    .addHelpText("after", "\nExit code 1: a budget is spent.")
    .action(run(async (context, options) => (await import("./budgets.js")).runBudgets(context, options)));
}

function addUsage(program: Command, run: Run): void {
  const usage = command(
    program,
    "usage",
    "Tells what LLM calls used: calls, tokens, cost and latency, in groups.",
  )
    .alias("cost")
    .summary("what LLM calls used and cost")
    .option("--by <list>", "groups: channel, model, feature, hour, day, separated by commas", "model")
    .addOption(sinceOption("24h"))
    .addOption(untilOption())
    .option("--channel <name>", "only this bot")
    .option("--model <name>", "only this model")
    .option("--feature <name>", "only this feature")
    .option("--order <key>", "the largest first: cost, calls, tokens; or time, the oldest first")
    .option("--top <n>", "at most so many groups", "1000")
    .addOption(utcOption())
    .addOption(json());
  addSettings(usage, placeSettings)
    .addHelpText("after", `\n${usageNotes}\n${sourceNotes}`)
    .action(run(async (context, options) => (await import("./usage.js")).runUsage(context, options)));
  addReprice(usage, run);
}
