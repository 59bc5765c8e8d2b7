import type { BotStatus, StoredBot } from "@kissbot/store";
import { type BotsKeeper, type EffectiveStatus, effectiveStatus, type HostBot } from "@kissbot/store/fleet";
import { byChannel, TurnSorter } from "../turn-sorter.js";
import type { Turns } from "../turns.js";
import type { ShownHost } from "./shown-host.js";

/** How a host's bots are shown now. */
export interface HostPlace {
  readonly host: ShownHost;
  /** Nothing was read for so long that nothing is known of the bots. */
  readonly isAway: boolean;
  /** What has to be added to a time of a bot's record. */
  readonly shiftMs: number;
}

/** A bot of another host. Its times are corrected by the clock of its host. */
export class OtherBot {
  readonly channel: string;
  readonly #group: HostGroup;
  stored: StoredBot;

  constructor(group: HostGroup, stored: StoredBot) {
    this.#group = group;
    this.channel = stored.channel;
    this.stored = stored;
  }

  get hostNo(): number {
    return this.#group.hostNo;
  }

  get host(): ShownHost {
    return this.#group.place.host;
  }

  get status(): EffectiveStatus {
    const { host, isAway } = this.#group.place;
    return effectiveStatus(this.reportedStatus, { hostState: host.state, isAway });
  }

  get reportedStatus(): BotStatus {
    return this.stored.status as BotStatus;
  }

  /** When its host said so. */
  get asOfMs(): number {
    return this.host.seenAtMs;
  }

  /** What has to be added to a time of `stored`. */
  get shiftMs(): number {
    return this.#group.place.shiftMs;
  }
}

export type StatusCounts = Record<EffectiveStatus, number>;

export function noBots(): StatusCounts {
  return { online: 0, stale: 0, dead: 0, offline: 0, unknown: 0 };
}

/** The bots of one host. */
class HostGroup {
  readonly hostNo: number;
  /** Null until it is shown for the first time. */
  shown: HostPlace | null = null;
  readonly bots = new Map<string, OtherBot>();
  readonly reported = noBots();

  constructor(hostNo: number) {
    this.hostNo = hostNo;
  }

  get place(): HostPlace {
    if (this.shown === null) throw new Error("the host is not shown yet");
    return this.shown;
  }

  count({ status }: StoredBot, change: 1 | -1): void {
    this.reported[status as BotStatus] += change;
  }
}

/** So many channels are looked at between two questions whether the turn is over. */
const channelsPerLook = 100;

/**
 * The bots of other hosts, as they were read last. A bot stays the same object while it is there.
 * Whatever takes long is done in turns, so that tens of thousands of bots hold up nobody.
 */
export class OtherBots implements BotsKeeper {
  readonly #turns: Turns;
  readonly #sorter: TurnSorter<OtherBot>;
  readonly #groups = new Map<number, HostGroup>();
  /** By the numbers of the hosts. */
  readonly #byChannel = new Map<string, readonly OtherBot[]>();
  #fresh: OtherBot[] = [];
  readonly #gone = new Set<OtherBot>();
  #sorted: readonly OtherBot[] = [];
  #doubtful: readonly string[] = [];

  constructor(turns: Turns) {
    this.#turns = turns;
    this.#sorter = new TurnSorter<OtherBot>(turns, (a, b) => byChannel(a, b) || a.hostNo - b.hostNo);
  }

  put(bots: readonly HostBot[]): void {
    for (const { hostNo, bot } of bots) {
      const group = this.#groupOf(hostNo);
      group.count(bot, 1);
      const known = group.bots.get(bot.channel);
      if (known !== undefined) {
        group.count(known.stored, -1);
        known.stored = bot;
        continue;
      }
      const added = new OtherBot(group, bot);
      group.bots.set(bot.channel, added);
      this.#fresh.push(added);
    }
  }

  countOf(hostNo: number): number {
    return this.#groups.get(hostNo)?.bots.size ?? 0;
  }

  retain(hostNo: number, channels: ReadonlySet<string>): void {
    const group = this.#groups.get(hostNo);
    if (group === undefined) return;
    for (const [channel, bot] of group.bots) {
      if (channels.has(channel)) continue;
      group.bots.delete(channel);
      group.count(bot.stored, -1);
      this.#gone.add(bot);
    }
    if (group.bots.size === 0) this.#groups.delete(hostNo);
  }

  /**
   * Takes what was read since the last time into the lists. `isOwn` tells the channels that this
   * host has too.
   */
  async settle(isOwn: (channel: string) => boolean): Promise<void> {
    const [fresh, gone] = [this.#fresh, new Set(this.#gone)];
    this.#fresh = [];
    this.#gone.clear();
    let isOver = await this.#turns.nextTurn();
    const look = async (step: number) => {
      if (step % channelsPerLook === 0 && isOver()) isOver = await this.#turns.nextTurn();
    };
    let step = 0;
    for (const bot of gone) {
      await look(++step);
      const left = (this.#byChannel.get(bot.channel) ?? []).filter((one) => one !== bot);
      if (left.length === 0) this.#byChannel.delete(bot.channel);
      else this.#byChannel.set(bot.channel, left);
    }
    for (const bot of fresh) {
      await look(++step);
      if (gone.has(bot)) continue;
      this.#byChannel.set(bot.channel, [...(this.#byChannel.get(bot.channel) ?? []), bot]);
    }
    const doubtful: string[] = [];
    for (const [channel, bots] of this.#byChannel) {
      await look(++step);
      if (bots.length > 1 || isOwn(channel)) doubtful.push(channel);
    }
    this.#doubtful = doubtful;
    const kept =
      gone.size === 0 ? this.#sorted : await this.#sorter.filtered(this.#sorted, (bot) => !gone.has(bot));
    if (fresh.length === 0) {
      this.#sorted = kept;
      return;
    }
    const added = await this.#sorter.filtered(fresh, (bot) => !gone.has(bot));
    this.#sorted = await this.#sorter.merged(kept, await this.#sorter.sorted(added));
  }

  /** How the bots of a host are shown from now on. */
  show(place: HostPlace): void {
    this.#groupOf(place.host.hostNo).shown = place;
  }

  /** By channel and then by host. The list stays as it is; each of its hosts has to be shown. */
  get sorted(): readonly OtherBot[] {
    return this.#sorted;
  }

  ofChannel(channel: string): readonly OtherBot[] {
    const bots = this.#byChannel.get(channel) ?? [];
    return bots.filter(({ hostNo }) => this.#groups.get(hostNo)?.shown != null);
  }

  /** The bots of the channels that several hosts have. */
  *ofSeveralHosts(): Generator<OtherBot> {
    for (const channel of this.#doubtful) yield* this.ofChannel(channel);
  }

  countsOf(hostNo: number): StatusCounts {
    const group = this.#groups.get(hostNo);
    if (group === undefined || group.shown === null) return noBots();
    const { host, isAway } = group.shown;
    const counts = noBots();
    for (const status of ["online", "stale", "dead", "offline"] as const)
      counts[effectiveStatus(status, { hostState: host.state, isAway })] += group.reported[status];
    return counts;
  }

  counts(): StatusCounts {
    const counts = noBots();
    for (const hostNo of this.#groups.keys()) {
      const of = this.countsOf(hostNo);
      for (const status of Object.keys(counts) as EffectiveStatus[]) counts[status] += of[status];
    }
    return counts;
  }

  #groupOf(hostNo: number): HostGroup {
    let group = this.#groups.get(hostNo);
    if (group === undefined) {
      group = new HostGroup(hostNo);
      this.#groups.set(hostNo, group);
    }
    return group;
  }
}
