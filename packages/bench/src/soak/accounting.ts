import { setTimeout as delay } from "node:timers/promises";
import type { FleetStage } from "../fleet/fleet-stage.js";
import type { Account, Monitor } from "../server/monitor.js";
import { Database } from "../store/driver.js";
import type { Table } from "../table.js";

const patienceMs = 120_000;
const pollMs = 100;

/** How many there were at each step from the bot to the fleet database. */
export interface Steps {
  readonly written: number;
  readonly account: Account;
  /** Calls in the monitor's file and in the fleet database; null where there is none. */
  readonly calls: number;
  readonly metrics: number;
  readonly fleetCalls: number | null;
}

/** Waits until nothing is on its way any more, for two minutes at the most each. */
export async function stepsOf(
  monitor: Monitor,
  written: number,
  stage: FleetStage | undefined,
  fleet: string | undefined,
): Promise<Steps> {
  let account = await monitor.account();
  await within(async () => {
    account = await monitor.account();
    return account.lines >= written && account.waiting === 0;
  });
  const { calls, metrics } = rowsOf(monitor.databasePath);
  let fleetCalls: number | null = null;
  if (stage !== undefined && fleet !== undefined) {
    const link = stage.link(fleet);
    const sum = `SELECT coalesce(sum(calls), 0) FROM ${link.url.schema}.usage_hours`;
    await within(async () => {
      fleetCalls = await stage.number(link, sum);
      return fleetCalls >= calls;
    });
  }
  return { written, account, calls, metrics, fleetCalls };
}

/** What went into a step and did not come out of it. */
export function accountingTable({ written, account, calls, metrics, fleetCalls }: Steps): Table {
  const { lines, rejected, received, processed, shed, waiting } = account;
  const [done, left] = [sumOf(processed), sumOf(shed)];
  const rows: (readonly [string, number, number])[] = [
    ["lines that the load wrote", written, 0],
    ["lines that the monitor read", lines, written - lines],
    ["of them no messages", rejected, 0],
    ["messages", received, lines - rejected - received],
    ["messages that were shed, each counted with its reason", left, 0],
    ["messages that were processed", done, received - left - done - waiting],
    ["calls in the file", calls, (processed["llm_usage"] ?? 0) - calls],
    ["custom metrics in the file", metrics, (processed["custom_metric"] ?? 0) - metrics],
  ];
  if (fleetCalls !== null) rows.push(["calls in the fleet database", fleetCalls, calls - fleetCalls]);
  return {
    title: "Where each line went",
    method:
      "After the end of the load, when nothing waited any more. Unaccounted: what the step before had and this one has not.",
    columns: ["what", "number", "unaccounted"],
    rows: rows.map(([what, number, missing]) => [what, number.toLocaleString("en"), String(missing)]),
  };
}

/** Whether every line is accounted for. */
export function isComplete(table: Table): boolean {
  return table.rows.every(([, , missing]) => missing === "0");
}

function rowsOf(databasePath: string): { readonly calls: number; readonly metrics: number } {
  const db = new Database(databasePath, { readonly: true });
  try {
    const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    return { calls: count("llm_usage"), metrics: count("monitor_custom_metrics") };
  } finally {
    db.close();
  }
}

async function within(isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  while (!(await isSo()) && performance.now() < untilMs) await delay(pollMs);
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
