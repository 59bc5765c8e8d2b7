import { Registry } from "prom-client";
import { AlertTurnMetric, registerAlertMetrics } from "./alert-metrics.js";
import type { AlertFigures } from "./metric-sources.js";
import { registerProcessMetrics } from "./process-metrics.js";
import { labelled, registerCounter, registerGauge } from "./sampled-metric.js";

/** A host as it is counted. */
interface CountedHost {
  readonly hostId: string;
  readonly name: string;
  readonly state: string;
  readonly skewMs: number | null;
  readonly lagMs: number | null;
  readonly waiting: number | null;
  readonly lostRows: number | null;
}

/** The hosts at one moment. */
interface CountedHosts {
  readonly hosts: readonly CountedHost[];
  readonly others: { counts(): Readonly<Record<string, number>> };
  readonly sharedChannels: readonly unknown[];
}

/** Where the values come from; each is read when somebody scrapes. */
export interface HubMetricSources {
  /** As they were read last; asked once for a scrape, as it goes through all bots. */
  readonly hosts: () => CountedHosts;
  readonly status: () => "connecting" | "ok" | "away";
  /** When the hosts were read last, Unix milliseconds; null if never. */
  readonly asOfMs: () => number | null;
  readonly isLeader: () => boolean;
  readonly problems: () => Iterable<{ readonly code: string }>;
  readonly alerts: () => AlertFigures;
  /** Pings of the dead-man switch, by outcome; null where none is set. */
  readonly pings: () => Readonly<Record<string, number>> | null;
  readonly viewers: () => { readonly open: number; readonly dropped: number };
  readonly clock: { wallMs(): number };
}

/** Each has a line, also where there is none. */
const hostStates = ["up", "silent", "stopped", "replaced", "unknown"];

/** What Prometheus is told by a hub: of the hosts, and of itself. The bots' are their monitors'. */
export class HubMetrics {
  readonly #registry = new Registry();
  readonly #turns: AlertTurnMetric;
  readonly #readHosts: () => CountedHosts;
  /** Of the scrape under way. */
  #hosts: CountedHosts | null = null;

  constructor(sources: HubMetricSources) {
    this.#readHosts = sources.hosts;
    const hosts = () => this.#hosts ?? this.#readHosts();
    registerHosts(this.#registry, { ...sources, hosts });
    registerEachHost(this.#registry, { ...sources, hosts });
    registerHub(this.#registry, sources);
    registerAlertMetrics(this.#registry, sources);
    registerProcessMetrics(this.#registry);
    this.#turns = new AlertTurnMetric(sources);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async chunks(): Promise<readonly Buffer[]> {
    this.#hosts = this.#readHosts();
    const text = await this.#registry.metrics();
    this.#hosts = null;
    return [Buffer.from(text), ...(await this.#turns.text())];
  }

  giveBack(): void {}
}

function registerHosts(registry: Registry, { hosts, status, asOfMs, isLeader, clock }: HubMetricSources) {
  registerGauge(registry, {
    name: "kissbot_fleet_hosts",
    help: "Hosts, by state; unknown while the fleet database is away.",
    labelNames: ["state"],
    values: () => labelled("state", countsOf(hosts().hosts)),
  });
  registerGauge(registry, {
    name: "kissbot_fleet_bots",
    help: "Bots of all hosts, by status; unknown where a host does not say how they are.",
    labelNames: ["status"],
    values: () => labelled("status", hosts().others.counts()),
  });
  registerGauge(registry, {
    name: "kissbot_fleet_shared_channels",
    help: "Channels that have been online on several hosts for over a minute.",
    values: () => [[{}, hosts().sharedChannels.length]],
  });
  registerGauge(registry, {
    name: "kissbot_fleet_database_up",
    help: "1 while the hosts are read from the fleet database, else 0.",
    values: () => [[{}, status() === "ok" ? 1 : 0]],
  });
  registerGauge(registry, {
    name: "kissbot_fleet_database_age_seconds",
    help: "How long ago the hosts were read; absent before the first time.",
    values: () => {
      const ms = asOfMs();
      return ms === null ? [] : [[{}, Math.max(0, clock.wallMs() - ms) / 1_000]];
    },
  });
  registerGauge(registry, {
    name: "kissbot_fleet_database_leader",
    help: "1 while this hub leads the hosts, else 0.",
    values: () => [[{}, isLeader() ? 1 : 0]],
  });
}

const eachHost = [
  {
    name: "kissbot_fleet_host_lag_seconds",
    help: "How late the newest rows of a host came.",
    read: ({ lagMs }: CountedHost) => (lagMs === null ? null : lagMs / 1_000),
  },
  {
    name: "kissbot_fleet_host_waiting_rows",
    help: "Rows that wait on a host.",
    read: ({ waiting }: CountedHost) => waiting,
  },
  {
    name: "kissbot_fleet_host_lost_rows",
    help: "Rows that a host deleted by age before they were sent.",
    read: ({ lostRows }: CountedHost) => lostRows,
  },
  {
    name: "kissbot_fleet_host_skew_seconds",
    help: "How far a host's clock is behind that of the database; negative where it is ahead.",
    read: ({ skewMs }: CountedHost) => (skewMs === null ? null : skewMs / 1_000),
  },
] as const;

/** As the host said last. What it did not say has no line, nor has a host that was replaced. */
function registerEachHost(registry: Registry, { hosts }: HubMetricSources) {
  for (const { name, help, read } of eachHost) {
    registerGauge(registry, {
      name,
      help,
      labelNames: ["host", "host_id"],
      values: () =>
        hosts().hosts.flatMap((host) => {
          const value = read(host);
          if (value === null || host.state === "replaced") return [];
          return [[{ host: host.name, host_id: host.hostId }, value] as const];
        }),
    });
  }
}

function registerHub(registry: Registry, { problems, viewers, pings }: HubMetricSources) {
  registerGauge(registry, {
    name: "kissbot_problem",
    help: "1 for each problem because of which the hub is degraded, by its code.",
    labelNames: ["code"],
    values: () => [...problems()].map(({ code }) => [{ code }, 1] as const),
  });
  registerGauge(registry, {
    name: "kissbot_stream_viewers",
    help: "Viewers of the live stream.",
    values: () => [[{}, viewers().open]],
  });
  registerCounter(registry, {
    name: "kissbot_stream_viewers_dropped_total",
    help: "Viewers of the live stream that were dropped because they did not read.",
    values: () => [[{}, viewers().dropped]],
  });
  registerCounter(registry, {
    name: "kissbot_deadman_pings_total",
    help: "Pings of the dead-man switch, by outcome: ok, fail (notices do not get through), failed (it took none).",
    labelNames: ["outcome"],
    values: () => labelled("outcome", pings() ?? {}),
  });
}

/** How many there are in each state, of the known ones at least 0. */
function countsOf(hosts: readonly CountedHost[]): Record<string, number> {
  const counts = Object.fromEntries(hostStates.map((state) => [state, 0]));
  for (const { state } of hosts) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
