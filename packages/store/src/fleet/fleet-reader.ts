import { StoreError } from "../error.js";
import { customFromColumns, fleetFromColumns, seriesFromColumns } from "../metric-columns.js";
import {
  type CustomSeries,
  type CustomSeriesQuery,
  type FleetSeries,
  type FleetSeriesQuery,
  type MetricSeries,
  type MetricSeriesQuery,
  planCustomSeries,
  planFleetSeries,
  planMetricSeries,
} from "../metric-series.js";
import { type Period, periodOf } from "../period.js";
import { readFleetRetention } from "../postgres/fleet-retention.js";
import { describeFailure, Link } from "../postgres/link.js";
import { parsePostgresUrl } from "../postgres/postgres-url.js";
import {
  type BotsMoment,
  type BotsPagePlan,
  type HostBot,
  readBotsMoment,
  readBotsPage,
} from "../postgres/read-host-bots.js";
import { readCustomSeries, readFleetSeries, readMetricSeries } from "../postgres/read-metrics.js";
import { type HostStatusChange, readHostHistory } from "../postgres/read-records.js";
import { numberIn, type ReadScope, textIn } from "../postgres/read-scope.js";
import { readUsage } from "../postgres/read-usage.js";
import { msOf, quoted } from "../postgres/record-columns.js";
import { remedyFor } from "../postgres/sql-state.js";
import type { Retention } from "../retention.js";
import { planHistory, type StatusHistoryQuery } from "../status-change.js";
import { planUsage, type UsageQuery, type UsageTotal, widened } from "../usage-totals.js";
import type { FleetHost } from "./fleet-host.js";
import { currentLeaderJson, type FleetLeader } from "./fleet-leader.js";
import type { OnlineBot } from "./shared-channels.js";

/** How many bots are read with one question, so that no answer holds up the thread that asks. */
export const pageBots = 200;

/** The hosts of a database of several, at one moment. */
export interface HostList {
  /** The database's clock then, in Unix milliseconds. */
  readonly nowMs: number;
  /** Without those that were forgotten. */
  readonly hosts: readonly FleetHost[];
  /** Null where nobody leads them. */
  readonly leader: FleetLeader | null;
}

/** Whose rows a question is about; null for all hosts. */
export type HostNo = number | null;

/**
 * Reads a database of several hosts over one connection, which is made with the first question. It
 * writes nothing and makes no table. Rejects with a `StoreError`: `busy` where the database does
 * not answer, `refused` where somebody has to change something, `invalid_query`.
 *
 * Throws `invalid_option` for a URL that is none.
 */
export class FleetReader {
  readonly #link: Link;

  constructor(url: string) {
    this.#link = new Link(parsePostgresUrl(url), { name: "kissbot-monitor view" });
  }

  async hosts(): Promise<HostList> {
    return await this.#ask(async ({ rows, schema }) => {
      const found = await rows(
        `SELECT ${msOf("clock_timestamp()")} AS now_ms, h.host_no, h.host_id::text AS host_id, h.name, h.state,
 h.monitor_version, h.beat_s, (h.bots_version + coalesce((SELECT sum(c.version) FROM ${quoted(schema)}.cursors AS c
 WHERE c.host_no = h.host_no AND c.source = 'bots'), 0))::float8 AS bots_version, ${msOf("h.connected_at")} AS connected_ms,
 ${msOf("h.seen_at")} AS seen_ms, h.skew_ms::float8 AS skew_ms, h.lag_ms::float8 AS lag_ms, h.waiting::float8 AS waiting,
 h.lost_rows::float8 AS lost_rows, h.replaced_by, h.clone_of,
 EXISTS (SELECT FROM ${quoted(schema)}.lease AS l WHERE l.host_no = h.host_no AND l.expires_at > clock_timestamp()) AS is_leader,
 ${currentLeaderJson(schema)} AS leader
 FROM (SELECT 1) AS one LEFT JOIN ${quoted(schema)}.hosts AS h ON h.state <> 'forgotten' ORDER BY h.name, h.host_no`,
      );
      return {
        nowMs: numberIn(found[0] ?? {}, "now_ms"),
        hosts: found.filter((row) => row["host_no"] !== null).map(hostOf),
        leader: (found[0]?.["leader"] ?? null) as FleetLeader | null,
      };
    });
  }

  /** The bots that are online by the words of several hosts, by the clocks of those. */
  async onlineOnSeveral(): Promise<readonly OnlineBot[]> {
    return await this.#ask(async ({ rows, schema }) => {
      const bots = `${quoted(schema)}.bots`;
      const found = await rows(
        `SELECT b.host_no, b.channel, ${msOf("b.status_since")} AS since_ms FROM ${bots} AS b WHERE b.status = 'online' AND b.channel IN (
 SELECT channel FROM ${bots} WHERE status = 'online' GROUP BY channel HAVING count(*) > 1)`,
      );
      return found.map((row) => ({
        hostNo: numberIn(row, "host_no"),
        channel: textIn(row, "channel"),
        onlineSinceMs: numberIn(row, "since_ms"),
      }));
    });
  }

  /** The moment of the answer, for `botsPage`, and how many bots each host has. */
  async botsMoment(): Promise<BotsMoment> {
    return await this.#ask(readBotsMoment);
  }

  /**
   * At most 200 bots as their monitors wrote them, by host; their times are those of its clock. A
   * shorter page is the last one.
   */
  async botsPage(plan: Omit<BotsPagePlan, "limit">): Promise<readonly HostBot[]> {
    return await this.#ask((scope) => readBotsPage(scope, { ...plan, limit: pageBots }));
  }

  /** Newest first in the order in which the database got them. */
  async statusHistory(hostNo: HostNo, query: StatusHistoryQuery): Promise<readonly HostStatusChange[]> {
    const plan = planHistory(query);
    return await this.#ask((scope) => readHostHistory({ ...scope, hostNo }, plan));
  }

  async usageTotals(hostNo: HostNo, query: UsageQuery, nowMs: number): Promise<readonly UsageTotal[]> {
    return await this.#ask(async ({ schema }) => {
      const plan = planUsage(query, nowMs, (await this.#retention()).usageDays);
      // Hours and calls have to be those of one moment.
      return await this.#link.snapshot((rows) => readUsage({ rows, schema, hostNo }, plan));
    });
  }

  /**
   * The period that `usageTotals` answers for this one: the same, or widened to whole hours where
   * single calls may already be deleted.
   */
  async usagePeriod(period: Period, nowMs: number): Promise<Period> {
    return await this.#ask(async () => widened(periodOf(period), nowMs, (await this.#retention()).usageDays));
  }

  async metricSeries(hostNo: HostNo, query: MetricSeriesQuery, nowMs: number): Promise<MetricSeries> {
    return await this.#ask(async (scope) => {
      const plan = planMetricSeries(query, nowMs, await this.#retention());
      return seriesFromColumns(plan.grid, await readMetricSeries({ ...scope, hostNo }, plan));
    });
  }

  async fleetSeries(hostNo: HostNo, query: FleetSeriesQuery, nowMs: number): Promise<FleetSeries> {
    return await this.#ask(async (scope) => {
      const grid = planFleetSeries(query, nowMs, await this.#retention());
      return fleetFromColumns(grid, await readFleetSeries({ ...scope, hostNo }, grid));
    });
  }

  async customSeries(hostNo: HostNo, query: CustomSeriesQuery): Promise<CustomSeries> {
    const plan = planCustomSeries(query);
    return customFromColumns(
      plan.grid,
      await this.#ask((scope) => readCustomSeries({ ...scope, hostNo }, plan)),
    );
  }

  /** Hosts send the sums of minutes and hours, and keep the samples themselves. */
  async #retention(): Promise<Retention> {
    return { ...(await readFleetRetention(this.#link)), metricsDays: Number.NEGATIVE_INFINITY };
  }

  /** At once; questions on their way fail. */
  close(): void {
    this.#link.destroy();
  }

  async #ask<Answer>(question: (scope: ReadScope) => Promise<Answer>): Promise<Answer> {
    const rows: ReadScope["rows"] = (text, values) => this.#link.rows(text, values);
    try {
      return await question({ rows, schema: this.#link.url.schema, hostNo: null });
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const detail = describeFailure(error, this.#link.url);
      throw new StoreError(remedyFor(error) === "hopeless" ? "refused" : "busy", detail, { cause: error });
    }
  }
}

type Row = Record<string, unknown>;

function hostOf(row: Row): FleetHost {
  const textOrNull = (name: string) => (row[name] === null ? null : textIn(row, name));
  const numberOrNull = (name: string) => (row[name] === null ? null : numberIn(row, name));
  return {
    hostNo: numberIn(row, "host_no"),
    hostId: textIn(row, "host_id"),
    name: textIn(row, "name"),
    writtenState: textIn(row, "state"),
    version: textOrNull("monitor_version"),
    beatS: numberOrNull("beat_s"),
    botsVersion: numberIn(row, "bots_version"),
    connectedAtMs: numberIn(row, "connected_ms"),
    seenAtMs: numberIn(row, "seen_ms"),
    skewMs: numberOrNull("skew_ms"),
    lagMs: numberOrNull("lag_ms"),
    waiting: numberOrNull("waiting"),
    lostRows: numberOrNull("lost_rows"),
    replacedBy: numberOrNull("replaced_by"),
    isCloned: row["clone_of"] !== null,
    isLeader: row["is_leader"] === true,
  };
}
