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
    description: "Shows whether all is well: the state of the monitor, and which bots are down.",
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
    description: "Shows how much of each budget is spent in the current period, and who was notified.",
    summary: "how much of each budget is spent; exit code 1 if one is spent",
    options: [
      ["--top <n>", "for a budget with each, show at most this many keys, highest spend first", "20"],
      json(),
    ],
    settings: ["http", "httpToken"],
    notes: "\nExit code 1: a budget is spent.",
    action: async () => (await import("./budgets.js")).runBudgets,
  });
  add(program, {
    name: "principals",
    description:
      "Shows who reports over each socket of the config file's listeners:, with bots, connections and rows per second, and what was shed and why.",
    summary: "who reports over which socket, what was shed",
    options: [json()],
    settings: ["http", "httpToken"],
    action: async () => (await import("./principals.js")).runPrincipals,
  });
}

function addBots(program: Command, add: AddCommand): void {
  add(program, {
    name: "bots",
    description: "Lists the bots with status, CPU, memory and restarts, worst first.",
    summary: "every bot, worst first",
    arguments: { "[channel]": "show this bot in full, like kissbot-monitor bot" },
    options: [
      ["--status <list>", `only these: ${statusWords}, separated by commas`],
      channelOption(),
      repeatable(
        new Option(
          "--label <name=value>",
          "only bots with this label in the config file's bots:; * stands for any text; may be repeated",
        ),
      ),
      ["--sort <key>", `sort by ${sortKeys}; -KEY reverses the order`, "worst"],
      ["--reverse", "reverse the order"],
      ["--watch [seconds]", "refresh until Ctrl-C, every 2 s by default"],
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
    description: "Shows everything about one bot: its status and why, its processes, load and cost.",
    summary: "everything about one bot",
    arguments: { "<channel>": "the bot" },
    options: [utcOption(), json()],
    settings: placeSettings,
    notes: `\n${sourceNotes}\nExit code 1: there is no such bot.`,
    action: async () => (await import("./bot.js")).runBot,
  });
}

/**
 * Refuses flags that choose, order or watch bots together with one channel, rather than ignoring
 * them.
 */
function assertNoChoice(channel: string, options: Options): void {
  if (channel.includes("*")) {
    throw new UsageError([`bots: give a pattern as --channel ${quotedText(channel)}`]);
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
    flags.map(([flag]) => `--${flag}: not allowed with a channel; use bots --channel ${quotedText(channel)}`),
  );
}

export function channelOption(): Option {
  return repeatable(new Option("--channel <pattern>", "only these; * stands for any text; may be repeated"));
}

function addUsage(program: Command, add: AddCommand): void {
  const usage = add(program, {
    name: "usage",
    description: "Shows what LLM calls used: calls, tokens, cost and latency, in groups.",
    summary: "what LLM calls used and cost",
    options: [
      ["--by <list>", "group by channel, model, feature, hour, day, separated by commas", "model"],
      sinceOption("24h"),
      untilOption(),
      ["--channel <name>", "only this bot"],
      ["--model <name>", "only this model"],
      ["--feature <name>", "only this feature"],
      ["--order <key>", "largest first: cost, calls, tokens; or time, oldest first"],
      ["--top <n>", "show at most this many groups", "1000"],
      utcOption(),
      json(),
    ],
    settings: placeSettings,
    notes: `\n${usageNotes}\n${sourceNotes}`,
    action: async () => (await import("./usage.js")).runUsage,
  }).alias("cost");
  addReprice(usage, add);
}
