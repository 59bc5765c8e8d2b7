import { type BotsMark, type HostBot, isAfter } from "../postgres/read-host-bots.js";
import { type FleetReader, type HostList, pageBots } from "./fleet-reader.js";

/** Who keeps the bots that a poll reads. */
export interface BotsKeeper {
  /** These are new, or have changed. At most 200. */
  put(bots: readonly HostBot[]): void | Promise<void>;
  /** How many bots of a host are kept. */
  countOf(hostNo: number): number;
  /** The host has no bots but these. */
  retain(hostNo: number, channels: ReadonlySet<string>): void;
}

/**
 * Reads the hosts, and the bots that were written since the look before. Those of a host that is
 * new, or of which some were deleted, are all read. A host that was replaced has none.
 */
export class FleetPoll {
  readonly #keeper: BotsKeeper;
  readonly #wantsBots: (hostId: string) => boolean;
  /** The version of the bots of each host that is kept. */
  #versions = new Map<number, number>();
  #mark: BotsMark | null = null;
  /** The hosts of which bots may be kept, also where their reading failed. */
  readonly #hostNos = new Set<number>();

  /** `wantsBots`: false for a host whose bots are known otherwise. */
  constructor(keeper: BotsKeeper, wantsBots: (hostId: string) => boolean) {
    this.#keeper = keeper;
    this.#wantsBots = wantsBots;
  }

  /** Rejects as the reader does; what was read before stays known. */
  async look(reader: Pick<FleetReader, "hosts" | "botsMoment" | "botsPage">): Promise<HostList> {
    const list = await reader.hosts();
    const wanted = new Map(
      list.hosts
        .filter((host) => host.replacedBy === null && this.#wantsBots(host.hostId))
        .map(({ hostNo, botsVersion }) => [hostNo, botsVersion]),
    );
    for (const hostNo of this.#hostNos) {
      if (wanted.has(hostNo)) continue;
      this.#hostNos.delete(hostNo);
      this.#versions.delete(hostNo);
      this.#keeper.retain(hostNo, new Set());
    }
    const hasMoved = [...wanted].some(([hostNo, version]) => this.#versions.get(hostNo) !== version);
    if (hasMoved) await this.#readBots(reader, wanted);
    return list;
  }

  /** `versions`: from before; bots that are written in the meantime are newer, and read again. */
  async #readBots(
    reader: Pick<FleetReader, "botsMoment" | "botsPage">,
    versions: ReadonlyMap<number, number>,
  ): Promise<void> {
    const { mark, counts } = await reader.botsMoment();
    // After a failover or a restore the numbers of transactions say nothing.
    if (this.#mark !== null && !isAfter(mark, this.#mark)) this.#versions.clear();
    const known = [...versions.keys()].filter((hostNo) => this.#versions.has(hostNo));
    if (known.length > 0) await this.#readPages(reader, known, this.#mark);
    this.#mark = mark;
    for (const hostNo of known) {
      const isWhole = this.#keeper.countOf(hostNo) === (counts.get(hostNo) ?? 0);
      if (isWhole) this.#versions.set(hostNo, versions.get(hostNo) as number);
      else this.#versions.delete(hostNo);
    }
    const fresh = [...versions.keys()].filter((hostNo) => !this.#versions.has(hostNo));
    if (fresh.length === 0) return;
    const channels = new Map(fresh.map((hostNo) => [hostNo, new Set<string>()]));
    await this.#readPages(reader, fresh, null, ({ hostNo, bot }) => channels.get(hostNo)?.add(bot.channel));
    for (const [hostNo, present] of channels) {
      this.#keeper.retain(hostNo, present);
      this.#versions.set(hostNo, versions.get(hostNo) as number);
    }
  }

  async #readPages(
    reader: Pick<FleetReader, "botsPage">,
    hostNos: readonly number[],
    since: BotsMark | null,
    onBot: (bot: HostBot) => void = () => undefined,
  ): Promise<void> {
    for (const hostNo of hostNos) this.#hostNos.add(hostNo);
    let after: HostBot | null = null;
    for (;;) {
      const page: readonly HostBot[] = await reader.botsPage({ hostNos, since, after });
      page.forEach(onBot);
      await this.#keeper.put(page);
      if (page.length < pageBots) return;
      after = page.at(-1) ?? null;
    }
  }
}
