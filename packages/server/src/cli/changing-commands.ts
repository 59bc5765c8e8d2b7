import { type Command, Option } from "commander";
import { type AddCommand, json, repeatable } from "./command-line.js";
import { sinceOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

/** The settings that say where a monitor is that a command is to change. */
const controlSettings = ["socketPath", "http", "httpWriteToken"] as const;

/** Stands in the help of each command that changes something. */
const controlNotes = `Uses the control socket of the running monitor (SOCKET.control), which only its
user and root may open: use sudo. For a monitor elsewhere, or as another user,
give --http HOST:PORT and --http-write-token.`;

const forgetNotes = `
Examples:
  kissbot-monitor forget twitch/old_channel
  kissbot-monitor forget --ended 30d

If the bot reports again, it comes back as a new one. Its history, measurements
and usage stay: events and usage still show them. An online bot cannot be
forgotten. The setting --forget-after of start does the same automatically.

${controlNotes}
Exit code 1: there is no such bot, or it is online.`;

/** Commands that change something in a running monitor. */
export function addChanging(program: Command, add: AddCommand): void {
  program.commandsGroup("Operate:");
  add(program, {
    name: "forget",
    description: "Removes bots that will not come back from the fleet: from lists, counts and metrics.",
    summary: "remove a bot that will not come back",
    arguments: { "[channel...]": "the bots" },
    options: [
      ["--ended <duration>", "all bots that have not been online for this long, such as 30d"],
      byOption(),
      json(),
    ],
    settings: controlSettings,
    notes: forgetNotes,
    action: async () => (await import("./forget.js")).runForget,
  });
  addSilence(program, add);
  add(program, {
    name: "reload",
    description:
      "Makes the running monitor read its config file again and apply the changes that need no restart.",
    summary: "apply the config file without a restart",
    options: [byOption(), json()],
    settings: controlSettings,
    notes: reloadNotes,
    action: async () => (await import("./reload.js")).runReload,
  });
}

const reloadNotes = `
Applies alerts:, bots:, budgets:, listeners:, prices:, default_provider,
alert_url, public_url and timezone, and a newer table of prices. No connection
ends. Lists every other change, which needs a restart. If the config is wrong,
prints each fault with line and column, changes nothing and ends with exit code
2. The flags and variables of the monitor's start still apply.

${controlNotes}`;

const repriceNotes = `
Example:
  kissbot-monitor usage reprice --unpriced-only --since 30d --dry-run

Known costs never change. After an interruption run it again: finished steps are
kept. Calls that are already deleted stay without a cost.

${controlNotes}`;

/** Stands under `usage`, and goes over the control socket as the others do here. */
export function addReprice(usage: Command, add: AddCommand): void {
  add(usage, {
    name: "reprice",
    description:
      "Makes the running monitor price the stored calls whose cost is unknown, by its present prices and the time of each call.",
    summary: "price stored calls whose cost is unknown",
    options: [
      ["--unpriced-only", "only calls whose cost is unknown; required"],
      sinceOption("all"),
      utcOption(),
      ["--dry-run", "only show what would be done"],
      byOption(),
      json(),
    ],
    settings: controlSettings,
    notes: repriceNotes,
    action: async () => (await import("./reprice.js")).runReprice,
  });
}

const silenceNotes = `
Examples:
  kissbot-monitor silence add 'twitch/*' --for 2h --why "new version"
  kissbot-monitor silence run 'twitch/*' --why deploy -- ./deploy.sh
  kissbot-monitor silence list

During a silence no notice about these bots is sent. When it ends, the monitor
reports the alerts that are still open and were held back, with the reason. It
still reports the recovery of an alert that it reported before.`;

const runNotes = `
Example:
  kissbot-monitor silence run 'twitch/*' --why deploy -- ./deploy.sh --fast

The exit code is that of the command, or 128 plus the number of the signal that
ended it; signals are passed on to it. The silence lasts for --for and is
extended while the command runs, so it ends by itself if this process is killed.
If no silence can be made, the command does not run, and the exit code is 1.

${controlNotes}`;

function addSilence(program: Command, add: AddCommand): void {
  const silence = add(program, {
    name: "silence",
    description: "Holds back notices about some bots for a time.",
    summary: "hold back notices about some bots",
    notes: silenceNotes,
  }).helpCommand(false);
  add(silence, {
    name: "add",
    description: "Holds back notices about these bots for a time.",
    summary: "begin a silence",
    arguments: { "<channel...>": "the bots; * stands for any text" },
    options: [
      new Option("--for <duration>", "how long, such as 90s, 15m or 2h, up to 30d").makeOptionMandatory(),
      whyOption(),
      ruleOption(),
      byOption(),
      utcOption(),
      json(),
    ],
    settings: controlSettings,
    notes: `\n${controlNotes}`,
    action: async () => (await import("./silence.js")).runSilenceAdd,
  });
  add(silence, {
    name: "list",
    description: "Lists the silences: whose they are, why, and until when.",
    summary: "which silences are active",
    options: [["--all", "also those that ended within a day"], utcOption(), json()],
    settings: ["http", "httpToken"],
    action: async () => (await import("./silence.js")).runSilenceList,
  });
  add(silence, {
    name: "end",
    description: "Ends silences early.",
    summary: "end a silence",
    arguments: { "<id...>": "the ids that silence list shows" },
    options: [json()],
    settings: controlSettings,
    notes: `\n${controlNotes}`,
    action: async () => (await import("./silence.js")).runSilenceEnd,
  });
  add(silence, {
    name: "run",
    description: "Runs a command while notices about these bots are held back.",
    summary: "silence while a command runs",
    arguments: {
      "<channel>": "the bots; * stands for any text",
      "<command...>": "the command, after --",
    },
    options: [
      ["--for <duration>", "how long the silence lasts if this process is killed", "5m"],
      whyOption(),
      ruleOption(),
      byOption(),
    ],
    settings: controlSettings,
    notes: runNotes,
    action: async () => (await import("./silence-run.js")).runSilenceRun,
  }).usage("[options] CHANNEL -- COMMAND [ARGUMENT...]");
}

function whyOption(): Option {
  return new Option("--why <text>", "the reason, which notices repeat").makeOptionMandatory();
}

function ruleOption(): Option {
  return repeatable(new Option("--rule <name>", "only this rule, such as down; may be repeated"));
}

function byOption(): Option {
  return new Option("--by <name>", "who does it, for the history (default: the system user)");
}
