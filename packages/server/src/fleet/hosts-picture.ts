import {
  type FleetHost,
  type FleetLeader,
  type HostList,
  type OnlineBot,
  type SharedChannel,
  sharedChannels,
  sharedNames,
  shownSkewMs,
  stateOf,
} from "@kissbot/store/fleet";
import type { OtherBot, OtherBots } from "./other-bots.js";
import type { ShownHost } from "./shown-host.js";

/** A clock that differs by less is taken as the same: a beat is measured no better. */
const sameClockMs = 1_000;

/** All hosts at one moment. */
export interface HostsPicture {
  readonly hosts: readonly ShownHost[];
  /** Those of other hosts, by channel and then by host. */
  readonly bots: readonly OtherBot[];
  /** The same, by host and by channel; as they are now. */
  readonly others: Pick<OtherBots, "ofChannel" | "countsOf" | "counts">;
  readonly sharedChannels: readonly SharedChannel[];
  /** Null where nobody leads the hosts, or it is unknown who does. */
  readonly leader: FleetLeader | null;
}

export interface PictureQuestion {
  readonly list: HostList;
  readonly others: OtherBots;
  /** The database's clock now, as far as it can be told. */
  readonly databaseNowMs: number;
  /** How far the database's clock is ahead of this monitor's. */
  readonly databaseAheadMs: number;
  /** Nothing was read for so long that nothing is known of the other hosts. */
  readonly isAway: boolean;
  readonly ownHostId: string | null;
  /** Since when an own bot is online, by this monitor's clock; null where it is not. */
  readonly ownOnlineSinceMs: (channel: string) => number | null;
}

/** What is shown of the hosts at one moment; the bots are shown so from now on. */
export function pictureOf(question: PictureQuestion): HostsPicture {
  const { list, others, databaseNowMs, databaseAheadMs, isAway, ownHostId } = question;
  const ids = new Map(list.hosts.map(({ hostNo, hostId }) => [hostNo, hostId]));
  const names = sharedNames(list.hosts, databaseNowMs);
  const hosts = list.hosts.map((host): ShownHost => {
    const { replacedBy, skewMs } = host;
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
      isCloned: host.isCloned,
      isLeader: host.isLeader && !(isAway && !isOwn),
      replacedBy: replacedBy === null ? null : (ids.get(replacedBy) ?? null),
    };
  });
  for (const host of hosts) {
    if (host.isOwn) continue;
    const aheadMs = (host.skewMs ?? databaseAheadMs) - databaseAheadMs;
    others.show({ host, isAway, shiftMs: Math.abs(aheadMs) < sameClockMs ? 0 : aheadMs });
  }
  const shared = sharedChannels(onlineBots(question, hosts), databaseNowMs);
  const isLeaderKnown = !isAway || hosts.some(({ isLeader }) => isLeader);
  const leader = isLeaderKnown ? list.leader : null;
  return { hosts, bots: others.sorted, others, sharedChannels: shared, leader };
}

/** The bots that are online, of the channels that several hosts have. */
function* onlineBots(
  { others, databaseAheadMs, ownOnlineSinceMs }: PictureQuestion,
  hosts: readonly ShownHost[],
): Generator<OnlineBot> {
  const ownHostNo = hosts.find(({ isOwn }) => isOwn)?.hostNo ?? 0;
  let last: string | null = null;
  for (const { channel, hostNo, status, stored, shiftMs } of others.ofSeveralHosts()) {
    if (channel !== last) {
      const sinceMs = ownOnlineSinceMs(channel);
      if (sinceMs !== null) yield { hostNo: ownHostNo, channel, onlineSinceMs: sinceMs + databaseAheadMs };
      last = channel;
    }
    const { statusSinceMs } = stored;
    if (status !== "online" || statusSinceMs === null) continue;
    yield { hostNo, channel, onlineSinceMs: statusSinceMs + shiftMs + databaseAheadMs };
  }
}

function shownState(host: FleetHost, databaseNowMs: number, isAway: boolean): string {
  if (host.replacedBy !== null) return "replaced";
  return isAway ? "unknown" : stateOf(host, databaseNowMs);
}
