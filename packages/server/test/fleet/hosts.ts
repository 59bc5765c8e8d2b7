import type { StoredBot } from "@kissbot/store";
import type { FleetHost, FleetLeader } from "@kissbot/store/fleet";
import type { HostsReader } from "../../src/fleet/hosts-view.js";

export const nowMs = Date.UTC(2026, 4, 20, 12);

export function hostRow(hostNo: number, change: Partial<FleetHost> = {}): FleetHost {
  return {
    hostNo,
    hostId: `00000000-0000-0000-0000-00000000000${hostNo}`,
    name: `host-${hostNo}`,
    writtenState: "up",
    version: "1.0.0",
    beatS: 5,
    botsVersion: 1,
    connectedAtMs: nowMs - 3_600_000,
    seenAtMs: nowMs - 1_000,
    skewMs: 0,
    lagMs: 20,
    waiting: 0,
    lostRows: 0,
    replacedBy: null,
    isCloned: false,
    isLeader: hostNo === 2,
    ...change,
  };
}

export function storedBot(channel: string, change: Partial<StoredBot> = {}): StoredBot {
  return {
    channel,
    pid: 7,
    status: "online",
    featuresJson: '{"chat":true}',
    registeredAtMs: nowMs - 3_600_000,
    lastSeenMs: nowMs - 5_000,
    statusSinceMs: nowMs - 3_600_000,
    cause: "registered",
    causeCode: "registered",
    previousPid: null,
    livedMs: null,
    startedAtMs: nowMs - 3_600_000,
    startTold: true,
    processSeen: true,
    restarts: 2,
    lastCpuPct: 1.5,
    lastRssMb: 60,
    version: "2.0",
    intervalS: 15,
    trouble: null,
    troubleSinceMs: null,
    origin: "monitor",
    ...change,
  };
}

/** A database of hosts in memory. */
export class PlainHosts {
  list: FleetHost[] = [hostRow(1), hostRow(2)];
  leader: FleetLeader | null = { name: "host-2", isHub: false };
  readonly bots = new Map<number, StoredBot[]>([[2, [storedBot("b"), storedBot("d", { status: "dead" })]]]);
  failure: Error | null = null;
  closed = 0;
  asked = 0;
  /** The database's clock. */
  nowMs = nowMs;

  readonly reader: { -readonly [Name in keyof HostsReader]: HostsReader[Name] } = {
    hosts: async () => {
      this.asked++;
      if (this.failure !== null) throw this.failure;
      return { nowMs: this.nowMs, hosts: this.list, leader: this.leader };
    },
    // Each question has another server, so all bots are read each time.
    botsMoment: async () => ({
      mark: { server: String(this.asked), snapshot: "1:1:" },
      counts: new Map([...this.bots].map(([hostNo, bots]) => [hostNo, bots.length])),
    }),
    botsPage: async ({ hostNos }) =>
      hostNos.flatMap((hostNo) => (this.bots.get(hostNo) ?? []).map((bot) => ({ hostNo, bot }))),
    statusHistory: async () => [],
    usageTotals: async () => [],
    usagePeriod: async (period) => period,
    metricSeries: async () => ({ bucketMs: 60_000, resolution: "minute", series: [] }),
    fleetSeries: async () => ({ bucketMs: 60_000, resolution: "minute", points: [] }),
    customSeries: async () => ({ bucketMs: 60_000, points: [] }),
    close: () => {
      this.closed++;
    },
  };
}

/** Turns that begin at once and have no end. */
export const endlessTurns = { nextTurn: async () => () => false };
