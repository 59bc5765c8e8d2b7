import type { Clock } from "../clock.js";
import { type Condition, conditions } from "../condition.js";
import { botStatuses } from "../registry/bot.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { Turns } from "../turns.js";
import { type Health, healthStatusSchema, problemRecords, problemsSchema } from "./health.js";
import {
  amountSchema,
  countSchema,
  mapSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "./schema.js";
import { type HostsSource, placeOf, placeProperties, placeRecord, withOptional } from "./scope.js";
import { timestampFromMs } from "./timestamp.js";
import { conditionOf } from "./worst-first.js";

/** What a summary says of the monitor beside its health. */
export interface MonitorFacts {
  /** The build of the page; null if it serves none. */
  readonly build: string | null;
  readonly staleTimeoutMs: number;
  readonly metricsIntervalMs: number;
  /** How late the event loop was in the last minute; null while that is not known. */
  readonly lag: { readonly p99Ms: number; readonly maxMs: number } | null;
  /** Rows that were accepted and could not be stored. */
  readonly lostRows: number;
  /** Lines that clients say they lost. */
  readonly clientDropped: number;
  readonly viewers: number;
}

export interface FleetSummaryOptions {
  readonly fleet: FleetView;
  readonly health: () => Health;
  readonly facts: () => MonitorFacts;
  /** Null, or absent, where no fleet database is set. */
  readonly hosts?: HostsSource | null;
  readonly turns: Turns;
  readonly clock: Pick<Clock, "wallMs">;
}

/** So many bots are looked at between two questions whether the turn is over. */
const botsPerLook = 100;

/**
 * The fleet and the monitor in a few numbers, from memory: viewers get it first and every few
 * seconds; a phone or a hidden page requests it instead of the whole fleet.
 */
export class FleetSummary {
  readonly #options: FleetSummaryOptions;
  #run: Promise<string> | null = null;

  constructor(options: FleetSummaryOptions) {
    this.#options = options;
  }

  /** As JSON text, of this moment. Callers that come while one is made share it. */
  text(): Promise<string> {
    this.#run ??= this.#make().finally(() => {
      this.#run = null;
    });
    return this.#run;
  }

  async #make(): Promise<string> {
    const sums = await this.#sums();
    const { clock, health: healthNow, facts: factsNow } = this.#options;
    const [health, facts] = [healthNow(), factsNow()];
    const { online, stale, dead, offline } = health.bots;
    return JSON.stringify({
      now: timestampFromMs(clock.wallMs()),
      name: health.name,
      version: health.version,
      build: facts.build,
      started_at: timestampFromMs(health.startedAtMs),
      status: health.status,
      problems: problemRecords(health.problems),
      stale_timeout_s: facts.staleTimeoutMs / 1_000,
      metrics_interval_s: facts.metricsIntervalMs / 1_000,
      socket: health.socket,
      bots: { online, stale, dead, offline },
      ...sums,
      lag_ms_p99: facts.lag?.p99Ms ?? null,
      lag_ms_max: facts.lag?.maxMs ?? null,
      queue_depth: health.queueDepth,
      pending_rows: health.store.pendingRows,
      rows_lost: facts.lostRows,
      shed: shedOf(health),
      rejected: sumOf(Object.values(health.lines.rejected)),
      client_dropped: facts.clientDropped,
      connections: health.connections,
      viewers: facts.viewers,
      ...this.#hosts(),
    });
  }

  /** Nothing where no fleet database is set. */
  #hosts(): object {
    const { hosts = null, fleet } = this.#options;
    if (hosts === null) return {};
    // Nobody waits for a database here: what it says is in a later summary.
    void hosts.look();
    const picture = hosts.picture();
    const states: Record<string, number> = {};
    for (const { state } of picture.hosts) states[state] = (states[state] ?? 0) + 1;
    const bots = picture.others.counts();
    for (const status of botStatuses) bots[status] += fleet.counts()[status];
    const shared = picture.sharedChannels.length;
    const place = placeRecord(placeOf(hosts, "fleet"));
    return {
      ...place,
      host_id: hosts.own?.hostId ?? null,
      hosts: states,
      fleet_bots: bots,
      shared_channels: shared,
    };
  }

  /** Bots of one process each give their share of what it takes, so that it counts once. */
  async #sums() {
    const { fleet, turns } = this.#options;
    let [conflicts, crashLoops, inTrouble, measured] = [0, 0, 0, 0];
    const counts = Object.fromEntries(ownConditions.map((one) => [one, 0])) as Record<Condition, number>;
    let [cpuPct, rssMb]: [number | null, number | null] = [null, null];
    let looks = 0;
    let isOver = await turns.nextTurn();
    for (const bot of [...fleet.bots()]) {
      if (++looks % botsPerLook === 0 && isOver()) isOver = await turns.nextTurn();
      counts[conditionOf(bot)]++;
      if (bot.conflict !== null) conflicts++;
      if (bot.crashLoop && bot.status !== "offline") crashLoops++;
      if (bot.trouble !== null && bot.status === "online") inTrouble++;
      if (bot.cpuPct === null && bot.rssMb === null) continue;
      measured++;
      const share = 1 / fleet.botsOfProcess(bot.channel);
      if (bot.cpuPct !== null) cpuPct = (cpuPct ?? 0) + bot.cpuPct * share;
      if (bot.rssMb !== null) rssMb = (rssMb ?? 0) + bot.rssMb * share;
    }
    return {
      conditions: counts,
      conflicts,
      crash_loops: crashLoops,
      in_trouble: inTrouble,
      cpu_pct: hundredthsOf(cpuPct),
      rss_mb: hundredthsOf(rssMb),
      measured_bots: measured,
    };
  }
}

/** Of this monitor's own bots each is in one. */
const ownConditions = conditions.filter((one) => one !== "unknown");

const noLosses: ReadonlySet<string> = new Set(["coalesced", "unauthorized", "over_quota"]);

/**
 * A waiting message that a newer one replaces is not lost, and what a principal may not send is not
 * the monitor's loss.
 */
function shedOf({ messages }: Health): number {
  const lost = Object.values(messages.shed).flatMap((byReason) =>
    Object.entries(byReason).map(([reason, count]) => (noLosses.has(reason) ? 0 : count)),
  );
  return sumOf(lost);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function hundredthsOf(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}

const described = <S extends object>(schema: S, description: string): S & { description: string } => ({
  ...schema,
  description,
});

const ownSummarySchema = objectSchema({
  now: described(timeSchema, "The monitor's clock. Ages are told by it, not by that of the reader."),
  name: described(textSchema, "What this monitor is called: --name."),
  version: textSchema,
  build: described(orNull(textSchema), "Which build of the page it serves; null where it serves none."),
  started_at: described(orNull(timeSchema), "When this monitor started."),
  status: healthStatusSchema,
  problems: problemsSchema,
  stale_timeout_s: described(
    amountSchema,
    "After how long without a heartbeat a bot is stale, or after 2.5 times its own interval_s if that is more.",
  ),
  metrics_interval_s: described(amountSchema, "How often each process is measured."),
  socket: described(orNull(textSchema), "The path that bots write to; null for a hub."),
  bots: objectSchema(Object.fromEntries(botStatuses.map((status) => [status, countSchema]))),
  conditions: {
    ...objectSchema(
      Object.fromEntries(ownConditions.map((one) => [one, countSchema])),
      "How the bots are, each counted once, as what is worst of it.",
    ),
  },
  conflicts: described(countSchema, "Channels that two processes claim."),
  crash_loops: described(countSchema, "Bots in a crash loop; one that said goodbye is in none."),
  in_trouble: described(countSchema, "Bots that are online and say that they do not work."),
  cpu_pct: described(
    orNull(amountSchema),
    "Of all processes; 100 is one core. A process of several bots counts once.",
  ),
  rss_mb: described(orNull(amountSchema), "Resident memory of all processes, bytes / 1 048 576."),
  measured_bots: described(countSchema, "How many bots cpu_pct and rss_mb are of."),
  lag_ms_p99: described(
    orNull(amountSchema),
    "In one hundredth of the last minute the monitor's event loop was later than this.",
  ),
  lag_ms_max: described(orNull(amountSchema), "How late it was at most in the last minute."),
  queue_depth: described(countSchema, "Messages that wait."),
  pending_rows: described(countSchema, "Rows accepted, not yet committed."),
  rows_lost: described(countSchema, "Rows accepted that could not be stored, since the monitor's start."),
  shed: described(
    countSchema,
    "Messages dropped since the monitor's start. Those that a newer one replaced are none, nor those that a principal may not send.",
  ),
  rejected: described(countSchema, "Lines that were no valid message, since the monitor's start."),
  client_dropped: described(countSchema, "Lines that clients say they lost, told since the monitor's start."),
  connections: described(countSchema, "Connections of bots."),
  viewers: described(countSchema, "Streams that are open."),
});

export const summarySchema = withOptional(ownSummarySchema, {
  ...placeProperties,
  host_id: described(
    orNull(textSchema),
    "Which of the hosts this monitor is. Only where a fleet database is set.",
  ),
  hosts: mapSchema(countSchema, "How many hosts are in each state. Only where a fleet database is set."),
  fleet_bots: {
    ...objectSchema(
      Object.fromEntries([...botStatuses, "unknown"].map((status) => [status, countSchema])),
      "The bots of all hosts; bots has those of this one. Only where a fleet database is set.",
    ),
  },
  shared_channels: described(
    countSchema,
    "Channels that have been online on several hosts for over a minute. Only where a fleet database is set.",
  ),
});
