import type { FleetRetention, FleetRetentionName } from "@kissbot/store/fleet";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { fleetUrlOf, onFleet } from "./fleet-address.js";
import { amountOf } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";

const mostDays = 36_500;

interface Kind {
  readonly option: string;
  readonly name: FleetRetentionName;
  /** Its name in JSON. */
  readonly key: string;
  readonly what: string;
}

const kinds: readonly Kind[] = [
  { option: "usage", name: "usageDays", key: "usage_days", what: "calls of language models" },
  { option: "minutes", name: "minuteDays", key: "minute_days", what: "CPU and memory by the minute" },
  { option: "hours", name: "hourDays", key: "hour_days", what: "CPU and memory by the hour" },
  { option: "custom", name: "customMetricsDays", key: "custom_metrics_days", what: "custom metrics" },
  { option: "status", name: "statusHistoryDays", key: "status_history_days", what: "changes of status" },
];

interface Row {
  readonly what: string;
  readonly days: number | null;
}

const columns: readonly Column<Row>[] = [
  { head: "ROWS", text: ({ what }) => what },
  { head: "KEPT", text: ({ days }) => (days === null ? "forever" : amountOf(days, "day")) },
];

/** Shows how long the fleet database keeps rows, after it has set what is given. */
export async function runHostsRetention(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const changes = changesFrom(options);
  const url = await fleetUrlOf(context, options);
  const { FleetDatabase } = await import("@kissbot/store/fleet");
  const kept = await onFleet(async () => {
    const database = new FleetDatabase(url);
    try {
      await database.setRetention(changes);
      return await database.retention();
    } finally {
      database.close();
    }
  });
  if (options["json"] === true)
    terminal.printJson(Object.fromEntries(kinds.map(({ key, name }) => [key, kept[name]])));
  else {
    const rows = kinds.map(({ what, name }) => ({ what, days: kept[name] }));
    terminal.print(tableText(columns, rows, terminal));
  }
  return exitCodes.ok;
}

function changesFrom(options: Options): Partial<FleetRetention> {
  const problems: string[] = [];
  const changes: Partial<Record<FleetRetentionName, number | null>> = {};
  for (const { option, name } of kinds) {
    const text = options[option];
    if (typeof text !== "string") continue;
    const days = text === "forever" ? null : Number(/^(\d{1,5})d?$/.exec(text)?.[1] ?? Number.NaN);
    if (days === null || (days >= 1 && days <= mostDays)) changes[name] = days;
    else problems.push(`--${option}: expected 1 to ${mostDays} days, or forever; got ${quotedText(text)}`);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return changes;
}
