import type { BotStatus, StoredBot } from "@kissbot/store";
import {
  type EffectiveStatus,
  effectiveStatus,
  type FleetHost,
  type FleetSnapshot,
  type SharedChannel,
  sharedChannels,
  sharedNames,
  shownSkewMs,
  stateOf,
} from "@kissbot/store/fleet";

/** A clock that differs by less is taken as the same: a beat is measured no better. */
const sameClockMs = 1_000;

/** A host as this monitor shows it. Times are those of this monitor's clock, Unix milliseconds. */
export interface ShownHost {
  readonly hostNo: number;
  readonly hostId: string;
  readonly name: string;
  /** Whether it is the one of this monitor. */
  readonly isOwn: boolean;
  /** `up`, `silent`, `stopped` or `replaced`; `unknown` while the database is away. */
  readonly state: string;
  readonly seenAtMs: number;
  readonly version: string | null;
  /** How far its clock is behind the database's; null where that is not known. */
  readonly skewMs: number | null;
  readonly isSkewed: boolean;
  readonly lagMs: number | null;
  readonly waiting: number | null;
  readonly lostRows: number | null;
  /** Another host that is up has its name. */
  readonly hasSharedName: boolean;
  /** The id of the host whose file it copied. */
  readonly cloneOf: string | null;
  /** The id of the host that took its place. */
  readonly replacedBy: string | null;
}

/** A bot of another host. Its times are corrected by the clock of its host. */
export interface OtherBot {
  readonly channel: string;
  readonly host: ShownHost;
  readonly status: EffectiveStatus;
  readonly reportedStatus: BotStatus;
  /** When its host said so. */
  readonly asOfMs: number;
  readonly stored: StoredBot;
  /** What has to be added to a time of `stored`. */
  readonly shiftMs: number;
}

/** All hosts at one moment. */
export interface HostsPicture {
  readonly hosts: readonly ShownHost[];
  /** Those of other hosts, by channel and then by host. */
  readonly bots: readonly OtherBot[];
  readonly sharedChannels: readonly SharedChannel[];
}

export const emptyPicture: HostsPicture = { hosts: [], bots: [], sharedChannels: [] };

/** A bot that is online on this host, and since when by this monitor's clock. */
export interface OwnOnlineBot {
  readonly channel: string;
  readonly onlineSinceMs: number;
}

export interface PictureQuestion {
  readonly snapshot: FleetSnapshot;
  /** The database's clock now, as far as it can be told. */
  readonly databaseNowMs: number;
  /** How far the database's clock is ahead of this monitor's. */
  readonly databaseAheadMs: number;
  /** Nothing was read for so long that nothing is known of the other hosts. */
  readonly isAway: boolean;
  readonly ownHostId: string | null;
  readonly ownOnline: readonly OwnOnlineBot[];
}

/** What is shown of a snapshot at one moment. A pure function. */
export function pictureOf(question: PictureQuestion): HostsPicture {
  const { snapshot, databaseNowMs, databaseAheadMs, isAway, ownHostId, ownOnline } = question;
  const ids = new Map(snapshot.hosts.map(({ hostNo, hostId }) => [hostNo, hostId]));
  const names = sharedNames(snapshot.hosts, databaseNowMs);
  const shown = snapshot.hosts.map((host): ShownHost => {
    const { replacedBy, cloneOf, skewMs } = host;
    const isOwn = host.hostId === ownHostId;
    return {
      hostNo: host.hostNo,
      hostId: host.hostId,
      name: host.name,
      isOwn,
      state: shownState(host, databaseNowMs, isAway && !isOwn),
      seenAtMs: host.seenAtMs - databaseAheadMs,
      version: host.version,
      skewMs,
      isSkewed: skewMs !== null && Math.abs(skewMs) > shownSkewMs,
      lagMs: host.lagMs,
      waiting: host.waiting,
      lostRows: host.lostRows,
      hasSharedName: names.has(host.name) && replacedBy === null && stateOf(host, databaseNowMs) === "up",
      cloneOf: cloneOf === null ? null : (ids.get(cloneOf) ?? null),
      replacedBy: replacedBy === null ? null : (ids.get(replacedBy) ?? null),
    };
  });
  const bots: OtherBot[] = [];
  const online = ownOnline.map(({ channel, onlineSinceMs }) => ({
    hostNo: shown.find(({ isOwn }) => isOwn)?.hostNo ?? 0,
    channel,
    onlineSinceMs: onlineSinceMs + databaseAheadMs,
  }));
  for (const host of shown) {
    if (host.isOwn) continue;
    const aheadMs = (host.skewMs ?? databaseAheadMs) - databaseAheadMs;
    const shiftMs = Math.abs(aheadMs) < sameClockMs ? 0 : aheadMs;
    for (const stored of snapshot.bots.get(host.hostNo) ?? []) {
      const reported = stored.status as BotStatus;
      const status = effectiveStatus(reported, { hostState: host.state, isAway });
      const { channel, statusSinceMs } = stored;
      bots.push({
        channel,
        host,
        status,
        reportedStatus: reported,
        asOfMs: host.seenAtMs,
        stored,
        shiftMs,
      });
      if (status !== "online" || statusSinceMs === null) continue;
      online.push({
        hostNo: host.hostNo,
        channel,
        onlineSinceMs: statusSinceMs + shiftMs + databaseAheadMs,
      });
    }
  }
  bots.sort((a, b) =>
    a.channel < b.channel ? -1 : a.channel > b.channel ? 1 : a.host.hostNo - b.host.hostNo,
  );
  return { hosts: shown, bots, sharedChannels: sharedChannels(online, databaseNowMs) };
}

function shownState(host: FleetHost, databaseNowMs: number, isAway: boolean): string {
  if (host.replacedBy !== null) return "replaced";
  return isAway ? "unknown" : stateOf(host, databaseNowMs);
}
