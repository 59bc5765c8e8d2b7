import type { AlertSettings } from "./config/alert-settings.js";
import type { BotWordBook } from "./config/bot-words.js";
import { isSame } from "./config/changed-settings.js";
import type { Settings } from "./config/settings.js";
import { UsageError } from "./config/usage-error.js";
import type { ReloadPart } from "./control/reloading.js";
import type { BudgetKeeper } from "./cost/budget-keeper.js";
import type { CurrentPrices } from "./cost/current-prices.js";
import { alertTermsOf, type FleetAlerts } from "./fleet-alerts.js";
import type { FleetJson } from "./http/fleet-json.js";
import type { Listeners } from "./ingest/listeners.js";
import { SocketError } from "./ingest/socket-error.js";
import type { LiveFeed } from "./live/live-feed.js";
import type { MonitorPulse } from "./monitor-pulse.js";
import { createReceivers } from "./notices/create-receivers.js";
import { openPrices } from "./open-prices.js";
import { policiesOf } from "./principal-policies.js";
import type { Principals } from "./principals/principals.js";
import type { FleetView } from "./registry/fleet-view.js";

/** How much calls may cost: a budget that is unchanged keeps its sums, another begins anew. */
export function budgetsPart(budgets: Pick<BudgetKeeper, "apply">): ReloadPart {
  return {
    settings: ["budgets"],
    prepare: ({ settings }, changed) =>
      changed.has("budgets") ? { apply: () => budgets.apply(settings.budgets) } : null,
  };
}

/** The operator's words on bots: those who view the fleet are told of each bot anew. */
export function wordsPart({
  words,
  json,
  fleet,
  feed,
}: {
  readonly words: Pick<BotWordBook, "replace">;
  readonly json: Pick<FleetJson, "wordsChanged">;
  readonly fleet: Pick<FleetView, "bots">;
  readonly feed: Pick<LiveFeed, "botChanged">;
}): ReloadPart {
  return {
    settings: ["bots"],
    prepare: ({ settings: { bots } }, changed) => {
      if (!changed.has("bots")) return null;
      const apply = () => {
        words.replace(bots);
        json.wordsChanged();
        for (const bot of fleet.bots()) feed.botChanged(bot);
      };
      return { apply };
    },
  };
}

/**
 * Receivers, rules and windows, and the dead-man switch. It comes behind the operator's words,
 * which rules look at.
 */
export function alertsPart({
  alerts: { desk },
  pulse,
  words,
  running,
  onApplied = () => undefined,
}: {
  readonly alerts: Pick<FleetAlerts, "desk">;
  readonly pulse: Pick<MonitorPulse, "configure">;
  readonly words: Pick<BotWordBook, "expectedChannels">;
  /** What the monitor was started with. */
  readonly running: AlertSettings;
  readonly onApplied?: (alerts: AlertSettings) => void;
}): ReloadPart {
  let before = running;
  return {
    settings: ["alerts", "alertUrl", "publicUrl", "timezone"],
    prepare: async ({ settings: { alerts, publicUrl } }, changed) => {
      const names = ["alerts", "alertUrl", "publicUrl", "timezone", "bots"] as const;
      if (!names.some((name) => changed.has(name))) return null;
      const doors = await createReceivers(alerts);
      const apply = async () => {
        const readdressed = new Set(
          alerts.receivers
            .filter(({ name, target }) =>
              before.receivers.some((one) => one.name === name && !isSame(one.target, target)),
            )
            .map(({ name }) => name),
        );
        const { expectedChannels: expected } = words;
        await desk.configure({
          terms: alertTermsOf(alerts),
          doors,
          readdressed,
          pageUrl: publicUrl,
          expected,
        });
        if (!isSame(before.deadman, alerts.deadman)) pulse.configure(alerts.deadman);
        before = alerts;
        onApplied(alerts);
      };
      return { apply };
    },
  };
}

/**
 * What calls cost: the operator's prices and the file of prices, which may be new though no setting
 * is. Where one of them is broken, the monitor keeps the prices that it has.
 */
export function pricesPart({
  prices,
  store,
}: {
  readonly prices: Pick<CurrentPrices, "book" | "replaceBook">;
  /** The database that the monitor was started with: its file of prices stands beside it. */
  readonly store: string;
}): ReloadPart {
  return {
    settings: ["prices", "defaultProvider"],
    prepare: async (next, changed) => {
      const { book, version } = await openPrices(
        { ...next.settings, store },
        { places: next, broken: "thrown" },
      );
      const isNew = version !== prices.book?.version;
      if (!isNew && !changed.has("prices") && !changed.has("defaultProvider")) return null;
      return { apply: () => prices.replaceBook(book), ...(isNew && { news: [`the prices of ${version}`] }) };
    },
  };
}

/** Who may report, over which sockets. No connection ends. */
export function listenersPart({
  listeners: sockets,
  principals,
  running,
}: {
  readonly listeners: Pick<Listeners, "prepare">;
  readonly principals: Pick<Principals, "replacePolicies">;
  /** What the monitor was started with. */
  readonly running: Pick<Settings, "http" | "httpToken">;
}): ReloadPart {
  const settings = ["listeners", "listen", "storeRowsPerSecond"] as const;
  return {
    settings,
    prepare: async ({ settings: { listeners } }, changed) => {
      if (!settings.some((name) => changed.has(name))) return null;
      // The token of the new settings would count after a restart alone.
      if (listeners.length > 0 && running.http !== null && running.httpToken === null)
        throw new UsageError([
          "listeners: this monitor was started without an http_token, and with listeners HTTP needs one: set it, and restart the monitor",
        ]);
      const change = await orUsageError(() => sockets.prepare(listeners));
      const apply = async () => {
        principals.replacePolicies(policiesOf(listeners));
        await change.apply();
      };
      return { apply, discard: () => change.discard() };
    },
  };
}

/** What cannot be listened on is wrong with the configuration. */
async function orUsageError<Value>(step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof SocketError ? new UsageError([error.message]) : error;
  }
}
