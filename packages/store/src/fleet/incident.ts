import { type SharedChannel, sharedChannels } from "./shared-channels.js";
import { isSilent } from "./silence.js";

/** `host_silent`: a host should beat and does not. `channel_on_two_hosts`: a bot runs twice. */
export type IncidentKind = "host_silent" | "channel_on_two_hosts";

/**
 * Why an incident is over. `over`: the host beats again, or one host has the channel. The others
 * say nothing about that: the host was stopped, replaced or forgotten.
 */
export type IncidentOutcome = "over" | "stopped" | "replaced" | "forgotten";

/** A host as the leader looks at it. Times are the database's, in Unix milliseconds. */
export interface WatchedHost {
  readonly hostNo: number;
  readonly state: string;
  readonly beatS: number | null;
  readonly seenAtMs: number;
  readonly isReplaced: boolean;
}

/** A bot that its host calls online. */
export interface WatchedBot {
  readonly hostNo: number;
  readonly channel: string;
}

/** An incident that is open in the database. */
export interface OpenIncident {
  readonly incidentId: number;
  readonly kind: IncidentKind;
  /** 0 where it is about a channel. */
  readonly hostNo: number;
  /** Empty where it is about a host. */
  readonly channel: string;
  /** When the host was heard last, as the incident was opened. */
  readonly heardMs: number | null;
}

/** What the leader sees in one round. */
export interface Sight {
  readonly nowMs: number;
  readonly hosts: readonly WatchedHost[];
  /** Of channels that several hosts have online. */
  readonly bots: readonly WatchedBot[];
  readonly open: readonly OpenIncident[];
}

export interface NewIncident {
  readonly kind: IncidentKind;
  readonly hostNo: number;
  readonly channel: string;
  readonly hostNos: readonly number[];
  readonly sinceMs: number;
  readonly heardMs: number | null;
}

export interface Judgement {
  readonly opened: readonly NewIncident[];
  readonly closed: readonly { readonly incidentId: number; readonly outcome: IncidentOutcome }[];
}

/**
 * Decides which incidents begin and which are over. It remembers since when it has seen each bot
 * online, by the database's clock: the clocks of hosts prove nothing. A leader that takes office
 * begins anew.
 */
export class IncidentJudge {
  #onlineSince = new Map<string, number>();

  /** `attendedSinceMs`: since when the lease is held without a gap. */
  judge({ nowMs, hosts, bots, open }: Sight, attendedSinceMs: number): Judgement {
    const byNo = new Map(hosts.map((host) => [host.hostNo, host]));
    const silent = hosts.filter((host) => isWatched(host) && isSilent({ ...host, nowMs, attendedSinceMs }));
    const silentNos = new Set(silent.map(({ hostNo }) => hostNo));
    const shared = this.#sharedChannels(bots, byNo, silentNos, nowMs);
    const known = new Set(open.map((one) => keyOf(one)));
    const found: NewIncident[] = [
      ...silent.map(
        ({ hostNo, seenAtMs }): NewIncident => ({
          kind: "host_silent",
          hostNo,
          channel: "",
          hostNos: [hostNo],
          sinceMs: seenAtMs,
          heardMs: seenAtMs,
        }),
      ),
      ...shared.map(
        ({ channel, hostNos, sinceMs }): NewIncident => ({
          kind: "channel_on_two_hosts",
          hostNo: 0,
          channel,
          hostNos,
          sinceMs,
          heardMs: null,
        }),
      ),
    ];
    const onSeveral = channelsOnSeveral(bots.filter(({ hostNo }) => isWatchedNo(byNo, hostNo)));
    return {
      opened: found.filter((one) => !known.has(keyOf(one))),
      closed: open.flatMap((one) => {
        const outcome =
          one.kind === "host_silent"
            ? silenceOutcome(one, byNo.get(one.hostNo), nowMs)
            : onSeveral.has(one.channel)
              ? null
              : "over";
        return outcome === null ? [] : [{ incidentId: one.incidentId, outcome }];
      }),
    };
  }

  /** Bots of a silent host are unknown: they are no proof, and keep the time that they had. */
  #sharedChannels(
    bots: readonly WatchedBot[],
    byNo: ReadonlyMap<number, WatchedHost>,
    silentNos: ReadonlySet<number>,
    nowMs: number,
  ): SharedChannel[] {
    const since = new Map<string, number>();
    const online = bots
      .filter(({ hostNo }) => isWatchedNo(byNo, hostNo))
      .map(({ hostNo, channel }) => {
        const key = `${hostNo} ${channel}`;
        const onlineSinceMs = Math.min(nowMs, this.#onlineSince.get(key) ?? nowMs);
        since.set(key, onlineSinceMs);
        return { hostNo, channel, onlineSinceMs };
      });
    this.#onlineSince = since;
    return sharedChannels(
      online.filter(({ hostNo }) => !silentNos.has(hostNo)),
      nowMs,
    );
  }
}

/** Null while it is still silent, or nobody knows: a gap of the watch is no return. */
function silenceOutcome(
  { heardMs }: OpenIncident,
  host: WatchedHost | undefined,
  nowMs: number,
): IncidentOutcome | null {
  if (host === undefined || host.state === "forgotten") return "forgotten";
  if (host.isReplaced) return "replaced";
  if (host.state === "stopped") return "stopped";
  const { seenAtMs, beatS } = host;
  // A clock that was mended moves both times.
  const isHeard =
    Math.abs(seenAtMs - (heardMs ?? 0)) > 1 &&
    !isSilent({ nowMs, seenAtMs, attendedSinceMs: seenAtMs, beatS });
  return isHeard ? "over" : null;
}

const isWatched = ({ state, isReplaced }: WatchedHost) => state === "up" && !isReplaced;

function isWatchedNo(byNo: ReadonlyMap<number, WatchedHost>, hostNo: number): boolean {
  const host = byNo.get(hostNo);
  return host !== undefined && isWatched(host);
}

function channelsOnSeveral(bots: readonly WatchedBot[]): ReadonlySet<string> {
  const once = new Set<string>();
  const several = new Set<string>();
  for (const { channel } of bots) (once.has(channel) ? several : once).add(channel);
  return several;
}

const keyOf = ({ kind, hostNo, channel }: Pick<OpenIncident, "kind" | "hostNo" | "channel">) =>
  `${kind} ${hostNo} ${channel}`;
