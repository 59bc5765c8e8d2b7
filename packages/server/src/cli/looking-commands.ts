import { type Command, Option } from "commander";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { statusWords } from "./bot-filter.js";
import { sortKeys } from "./bot-order.js";
import { addReprice } from "./changing-commands.js";
import type { Options } from "./command-context.js";
import { type AddCommand, json, placeSettings, repeatable, sourceNotes } from "./command-line.js";
import { botsNotes, usageNotes } from "./help-notes.js";
import { sinceOption, untilOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

export function addLooking(program: Command, add: AddCommand): void {
  program.commandsGroup("Look:");
  add(program, {
    name: "status",
    description: "Tells whether all is well: the monitor, and which bots are down.",
    summary: "is all well? exit code 1 if not",
    options: [
      new Option(
        "--quiet",
        "print nothing, and fail only if no monitor answers: for health checks",
      ).conflicts("json"),
      json(),
    ],
    settings: placeSettings,
    notes: `\n${sourceNotes}\nExit code 1: no monitor answers, it is degraded, or a bot is dead, stale, in a\ncrash loop or claimed by two processes. With --quiet: no monitor answers.`,
    action: async () => async (context, options) =>
      options["quiet"] === true
        ? (await import("./health-check.js")).runHealthCheck(context, options)
        : (await import("./status.js")).runStatus(context, options),
  });
  addBots(program, add);
  addUsage(program, add);
  add(program, {
    name: "budgets",
    description: "Tells what of each budget is spent in the period that runs, and who was told.",
    summary: "what is spent of each budget; exit code 1 if one is spent",
    options: [
      ["--top <n>", "of a budget with each, at most this many keys, the highest spend first", "20"],
      json(),
    ],
    settings: ["http", "httpToken"],
    notes: "\nExit code 1: a budget is spent.",
    action: async () => (await import("./budgets.js")).runBudgets,
  });
}

function addBots(program: Command, add: AddCommand): void {
  add(program, {
    name: "bots",
    description: "Lists the bots with status, CPU, memory and restarts, the worst first.",
    summary: "every bot, the worst first",
    arguments: { "[channel]": "only this bot, with all that is known of it, as kissbot-monitor bot" },
    options: [
      ["--status <list>", `only these: ${statusWords}, separated by commas`],
      channelOption(),
      repeatable(
        new Option(
          "--label <name=value>",
          "only these, of the config file's bots:; * stands for any text; may be repeated",
        ),
      ),
      ["--sort <key>", `by ${sortKeys}; -KEY for the other way round`, "worst"],
      ["--reverse", "the other way round"],
      ["--watch [seconds]", "again and again, every 2 s if not given, until Ctrl-C"],
      utcOption(),
      json(),
    ],
    settings: placeSettings,
    notes: `\n${sourceNotes}\n${botsNotes}`,
    action: async () => async (context, options, args) => {
      const [channel] = args;
      if (channel !== undefined) {
        assertNoChoice(channel, options);
        return (await import("./bot.js")).runBot(context, options, args);
      }
      if (options["watch"] !== undefined) return (await import("./bots-watch.js")).runWatch(context, options);
      return (await import("./bots.js")).runBots(context, options);
    },
  });
  add(program, {
    name: "bot",
    description: "Tells all of one bot: how it is, why, its processes, what it takes and costs.",
    summary: "all of one bot: why, lives, measurements, calls",
    arguments: { "<channel>": "the bot" },
    options: [utcOption(), json()],
    settings: placeSettings,
    notes: `\n${sourceNotes}\nExit code 1: there is no such bot.`,
    action: async () => (await import("./bot.js")).runBot,
  });
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

export function channelOption(): Option {
  return repeatable(new Option("--channel <pattern>", "only these; * stands for any text; may be repeated"));
}

function addUsage(program: Command, add: AddCommand): void {
  const usage = add(program, {
    name: "usage",
    description: "Tells what LLM calls used: calls, tokens, cost and latency, in groups.",
    summary: "what LLM calls used and cost",
    options: [
      ["--by <list>", "groups: channel, model, feature, hour, day, separated by commas", "model"],
      sinceOption("24h"),
      untilOption(),
      ["--channel <name>", "only this bot"],
      ["--model <name>", "only this model"],
      ["--feature <name>", "only this feature"],
      ["--order <key>", "the largest first: cost, calls, tokens; or time, the oldest first"],
      ["--top <n>", "at most so many groups", "1000"],
      utcOption(),
      json(),
    ],
    settings: placeSettings,
    notes: `\n${usageNotes}\n${sourceNotes}`,
    action: async () => (await import("./usage.js")).runUsage,
  }).alias("cost");
  addReprice(usage, add);
}
