import { statSync } from "node:fs";
import { defaultRetention } from "@kissbot/store";
import { short } from "../server/cell.js";
import { withDatabase } from "../store/scratch.js";
import type { Table } from "../table.js";
import { callsPerDay, channelOf, features, sampleMs, writeDays } from "./fleet-days.js";
import { rowBytesIn } from "./table-bytes.js";

const shownBots = [1, 10, 50, 200, 1_000];
const shownDays = [1, 7, 30, 90, 400];
/** Restarts of a bot, each with two changes of status. */
const changesPerDay = 2;

interface Kind {
  readonly name: string;
  readonly table: string;
  readonly more?: readonly string[];
  /** Of one bot; null: not in the table by bots and days. */
  readonly perDay: number | null;
  readonly flag: string;
  readonly keptDays: number | null;
}

const { metricsDays, minuteDays, hourDays, customMetricsDays, statusHistoryDays, usageDays } =
  defaultRetention;

const kinds: readonly Kind[] = [
  {
    name: "a sample of CPU and memory",
    table: "bot_metrics",
    perDay: 86_400_000 / sampleMs,
    flag: "--retention-days",
    keptDays: metricsDays,
  },
  {
    name: "an average by the minute",
    table: "monitor_metric_minutes",
    perDay: 1_440,
    flag: "--minute-retention-days",
    keptDays: minuteDays,
  },
  {
    name: "an average by the hour",
    table: "monitor_metric_hours",
    perDay: 24,
    flag: "--hour-retention-days",
    keptDays: hourDays,
  },
  {
    name: "a call of a language model",
    table: "llm_usage",
    more: ["monitor_usage_extras"],
    perDay: callsPerDay,
    flag: "--usage-retention-days",
    keptDays: usageDays,
  },
  {
    name: "the sum of an hour of calls, for each bot, model and feature",
    table: "monitor_usage_hours",
    perDay: 48,
    flag: "none: kept for ever",
    keptDays: null,
  },
  {
    name: "a change of status",
    table: "monitor_status_history",
    perDay: changesPerDay,
    flag: "--status-retention-days",
    keptDays: statusHistoryDays,
  },
  {
    name: "a value of a custom metric",
    table: "monitor_custom_metrics",
    perDay: null,
    flag: "--custom-retention-days",
    keptDays: customMetricsDays,
  },
];

/** What rows take in a real database, and from that what a fleet takes. */
export async function diskTables(isQuick: boolean): Promise<Table[]> {
  const bots = isQuick ? 2 : 5;
  const days = isQuick ? 2 : 40;
  return await withDatabase(async (path) => {
    await writeDays({ path, bots, days });
    const measured = kinds.map((kind) => ({ ...kind, ...rowBytesIn(path, kind.table, kind.more) }));
    const fileBytes = statSync(path).size;
    const bytesOf = (botCount: number, dayCount: number) =>
      measured.reduce(
        (sum, { perDay, keptDays, bytesPerRow }) =>
          sum + botCount * (perDay ?? 0) * Math.min(dayCount, keptDays ?? dayCount) * bytesPerRow,
        0,
      );
    const custom = measured.find(({ perDay }) => perDay === null);
    const ours = bytesOf(bots, days) + (custom === undefined ? 0 : custom.rows * custom.bytesPerRow);
    const written = `${bots} bots for ${days} days through the store, with the default retention`;
    return [
      {
        title: "What a row takes",
        method: `${written}; then the pages of each table and its indexes, divided by its rows. A sample repeats the bot's name and features, here of ${channelOf(0).length} and ${features.length} characters.`,
        columns: ["row", "bytes", "a bot, rows a day", "kept for, days", "setting"],
        rows: measured.map(({ name, bytesPerRow, perDay, keptDays, flag }) => [
          name,
          bytesPerRow.toFixed(0),
          perDay === null ? "as many as it logs" : perDay.toLocaleString("en"),
          keptDays === null ? "for ever" : String(keptDays),
          flag.startsWith("--") ? `\`${flag}\`` : flag,
        ]),
      },
      {
        title: "Disk by bots and days",
        method: `Rows a day of each kind, for as long as they are kept, times what a row takes: a sample every ${sampleMs / 1_000} s, ${callsPerDay} calls a day, a restart a day, no custom metrics. The file of ${bots} bots and ${days} days took ${sizeText(fileBytes)}; reckoned like this it would take ${sizeText(ours)}.`,
        columns: ["bots", ...shownDays.map((count) => (count === 1 ? "1 day" : `${count} days`))],
        rows: shownBots.map((botCount) => [
          botCount.toLocaleString("en"),
          ...shownDays.map((dayCount) => sizeText(bytesOf(botCount, dayCount))),
        ]),
      },
    ];
  });
}

function sizeText(bytes: number): string {
  return bytes < 1e9 ? `${short(bytes / 1e6)} MB` : `${short(bytes / 1e9)} GB`;
}
