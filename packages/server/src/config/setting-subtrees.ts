import type { PriceEntry } from "../cost/price-entry.js";
import type { AlertSettings, ReceiverSettings } from "./alert-settings.js";
import { alertShape, quietAlerts } from "./alert-shape.js";
import { targetOfUrl } from "./alert-url.js";
import { type BotWords, botWordsShape } from "./bot-words.js";
import type { BudgetSettings } from "./budget-settings.js";
import { budgetsShape } from "./budget-shape.js";
import type { GivenValue } from "./given-value.js";
import { listenersOf } from "./listener-set.js";
import { listenersShape } from "./listener-shape.js";
import { priceShape } from "./price-shape.js";
import { Secret } from "./secret.js";
import type { GivenSettings } from "./setting-table.js";
import type { Settings } from "./settings.js";
import type { FileReaders, SettingsFile } from "./settings-file.js";
import type { Shape } from "./shape.js";
import type { TreeReading } from "./tree-reading.js";

/** The sections of the file that hold more than scalars and lists of them, by their names. */
export const subtrees = {
  listeners: listenersShape,
  alerts: alertShape,
  bots: botWordsShape,
  prices: priceShape,
  budgets: budgetsShape,
} as const satisfies Record<string, Shape<unknown>>;

export const subtreeNames: readonly string[] = Object.keys(subtrees);

/** What these sections come to, with what a flag or a variable adds to them. */
export function subtreesOf(
  file: SettingsFile | null,
  settings: GivenSettings,
  { alertUrl, listen }: Readonly<Record<"alertUrl" | "listen", GivenValue | undefined>>,
  reading: TreeReading,
): Pick<Settings, "listeners" | "alerts" | "alertUrl" | "bots" | "prices" | "budgets"> {
  const others = {
    listeners: listenersOf(file, settings, listen, reading),
    bots: botsOf(file, reading),
    prices: pricesOf(file, reading),
    budgets: budgetsOf(file, settings.timezone, reading),
  };
  const tree = file?.trees.get("alerts");
  const given = tree === undefined ? undefined : subtrees.alerts.read(tree, "monitoring.alerts", reading);
  const alerts: AlertSettings = { ...quietAlerts, ...given, timezone: settings.timezone };
  const hasDefault = alertUrl !== undefined || alerts.receivers.some(({ name }) => name === "default");
  const lost = hasDefault ? undefined : alerts.receivers.find(({ fallback }) => fallback === "default");
  if (lost !== undefined)
    reading.lateFault(
      `alerts.receivers.${lost.name}.fallback`,
      "there is no receiver default: set KISSBOT_MONITOR_ALERT_URL",
    );
  if (alertUrl === undefined) return { alerts, alertUrl: settings.alertUrl, ...others };
  // A file is read anew for each notice.
  const url =
    alertUrl.secretFile === undefined
      ? Secret.ofValue(alertUrl.text)
      : Secret.ofFile(alertUrl.secretFile, alertUrl.text);
  const target = targetOfUrl(alertUrl.text, url);
  if (target === undefined) return { alerts, alertUrl: url, ...others };
  const nothing = { only: null, rules: null, bots: null, labels: null, fallback: null };
  const receiver: ReceiverSettings = {
    name: "default",
    target,
    ...nothing,
    afterMs: null,
    repeatMs: null,
    mention: {},
  };
  if (alerts.receivers.some(({ name }) => name === receiver.name)) {
    reading.problems.push(`${alertUrl.name}: sets the receiver default, which the config file has already`);
  }
  return { alerts: { ...alerts, receivers: [receiver, ...alerts.receivers] }, alertUrl: url, ...others };
}

function budgetsOf(
  file: SettingsFile | null,
  timezone: string,
  reading: TreeReading,
): readonly BudgetSettings[] {
  const tree = file?.trees.get("budgets");
  const given = tree === undefined ? [] : subtrees.budgets.read(tree, "monitoring.budgets", reading);
  return (given ?? []).map((budget) => ({ ...budget, timezone: budget.timezone ?? timezone }));
}

function botsOf(file: SettingsFile | null, reading: TreeReading): readonly BotWords[] {
  const tree = file?.trees.get("bots");
  return tree === undefined ? [] : (subtrees.bots.read(tree, "monitoring.bots", reading) ?? []);
}

function pricesOf(file: SettingsFile | null, reading: TreeReading): readonly PriceEntry[] {
  const tree = file?.trees.get("prices");
  return tree === undefined ? [] : (subtrees.prices.read(tree, "monitoring.prices", reading) ?? []);
}

/** A notice where the file itself holds secrets and more users than its owner may read it. */
export function openSecrets(
  { inlineSecrets }: TreeReading,
  readers: FileReaders | undefined = "none",
): readonly string[] {
  const [first] = inlineSecrets;
  if (first === undefined || readers === "none") return [];
  const who = readers === "everybody" ? "every user of this machine" : "its group";
  return [`${first}: ${who} may read this file: chmod 0600 it, or keep the secret in a file of its own`];
}
