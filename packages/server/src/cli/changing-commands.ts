import { type Command, Option } from "commander";
import { type AddCommand, json, repeatable } from "./command-line.js";
import { sinceOption } from "./time-range.js";
import { utcOption } from "./time-text.js";

/** The settings that say where a monitor is that a command is to change. */
const controlSettings = ["socketPath", "http", "httpWriteToken"] as const;

/** Stands in the help of each command that changes something. */
const controlNotes = `Goes over the control socket of the running monitor (SOCKET.control), which only
its own user and root may open: use sudo. For a monitor elsewhere, or as another
user: --http HOST:PORT and --http-write-token.`;

const forgetNotes = `
Examples:
  kissbot-monitor forget twitch/old_channel
  kissbot-monitor forget --ended 30d

A bot that is heard again comes back as a new one. Its history, measurements and
usage stay: events and usage go on showing them. An online bot is not forgotten.
--forget-after of start does the same by itself.

${controlNotes}
Exit code 1: there is no such bot, or it is online.`;

/** Commands that change something in a running monitor. */
export function addChanging(program: Command, add: AddCommand): void {
  program.commandsGroup("Operate:");
  add(program, {
    name: "forget",
    description: "Removes bots from the fleet that will not come back: from lists, counts and metrics.",
    summary: "remove a bot that will not come back",
    arguments: { "[channel...]": "the bots" },
    options: [
      ["--ended <duration>", "all that have not been online for so long, such as 30d"],
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
      "Has the running monitor read its config file anew, and take over what may change while it runs.",
    summary: "read the config file anew, without a restart",
    options: [byOption(), json()],
    settings: controlSettings,
    notes: reloadNotes,
    action: async () => (await import("./reload.js")).runReload,
  });
}

const reloadNotes = `
Taken over: alerts:, bots:, budgets:, prices:, default_provider, alert_url,
public_url and timezone, and a newer table of prices. Everything else that is
changed is named, and waits for a restart. A fault in the config is named with
line and column: then nothing is changed, and the exit code is 2. Flags and
variables are those that the monitor was started with.

${controlNotes}`;

const repriceNotes = `
Example:
  kissbot-monitor usage reprice --unpriced-only --since 30d --dry-run

Known costs are never changed. What is done stays done if it is interrupted: run
it again. Calls that are deleted already stay without a cost.

${controlNotes}`;

/** Stands under `usage`, and goes over the control socket as the others do here. */
export function addReprice(usage: Command, add: AddCommand): void {
  add(usage, {
    name: "reprice",
    description:
      "Has the running monitor price the stored calls whose cost is unknown, by the prices that it has now and the time of each call.",
    summary: "price stored calls whose cost is unknown",
    options: [
      ["--unpriced-only", "only calls whose cost is unknown, which must be said"],
      sinceOption("all"),
      utcOption(),
      ["--dry-run", "say only what would be done"],
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

Nothing is told of alerts on these bots for that time. When it ends, what is
still wrong and was not told is told, with the reason. A recovery of what was
told before is told all the same.`;

const runNotes = `
Example:
  kissbot-monitor silence run 'twitch/*' --why deploy -- ./deploy.sh --fast

Ends with the exit code of the command, or 128 and the number of the signal that
ended it; signals are passed on to it. The silence lasts for --for and is made
longer while the command runs, so it ends by itself if this process is killed.
If it cannot be made, the command is not run, and the exit code is 1.

${controlNotes}`;

function addSilence(program: Command, add: AddCommand): void {
  const silence = add(program, {
    name: "silence",
    description: "Has nothing told of alerts on some bots for a time.",
    summary: "tell nothing of some bots for a time",
    notes: silenceNotes,
  }).helpCommand(false);
  add(silence, {
    name: "add",
    description: "Has nothing told of alerts on these bots for a time.",
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
    description: "Lists the silences with who wanted them, why and until when.",
    summary: "which silences are active",
    options: [["--all", "also those that ended within a day"], utcOption(), json()],
    settings: ["http", "httpToken"],
    action: async () => (await import("./silence.js")).runSilenceList,
  });
  add(silence, {
    name: "end",
    description: "Ends silences before their time.",
    summary: "end a silence",
    arguments: { "<id...>": "as silence list shows them" },
    options: [json()],
    settings: controlSettings,
    notes: `\n${controlNotes}`,
    action: async () => (await import("./silence.js")).runSilenceEnd,
  });
  add(silence, {
    name: "run",
    description: "Runs a command while nothing is told of alerts on these bots.",
    summary: "silence while a command runs",
    arguments: {
      "<channel>": "the bots; * stands for any text",
      "<command...>": "the command, behind --",
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
  return new Option("--by <name>", "who does it, for the history (default: the user of the system)");
}
