import type { StoredBot } from "../bot.js";
import type { FleetReader, HostList } from "./fleet-reader.js";

/** The hosts at one moment, with the bots of those that were asked for. */
export interface FleetSnapshot extends HostList {
  /** By the number of their host, as its monitor wrote them last. */
  readonly bots: ReadonlyMap<number, readonly StoredBot[]>;
}

/**
 * Reads the hosts, and the bots of those whose bots have changed since the look before. A host that
 * was replaced has none.
 */
export class FleetPoll {
  readonly #wantsBots: (hostId: string) => boolean;
  #bots = new Map<number, { readonly version: number; readonly bots: readonly StoredBot[] }>();

  /** `wantsBots`: false for a host whose bots are known otherwise. */
  constructor(wantsBots: (hostId: string) => boolean) {
    this.#wantsBots = wantsBots;
  }

  /** Rejects as the reader does; what was read before stays known. */
  async look(reader: Pick<FleetReader, "hosts" | "botsOf">): Promise<FleetSnapshot> {
    const list = await reader.hosts();
    const wanted = list.hosts.filter((host) => host.replacedBy === null && this.#wantsBots(host.hostId));
    const known = new Map<number, { readonly version: number; readonly bots: readonly StoredBot[] }>();
    for (const { hostNo, botsVersion } of wanted) {
      const before = this.#bots.get(hostNo);
      // Bots that are written in the meantime are newer than this version, and are read again.
      const isSame = before !== undefined && before.version === botsVersion;
      const bots = isSame ? before.bots : await reader.botsOf(hostNo);
      const now = { version: botsVersion, bots };
      this.#bots.set(hostNo, now);
      known.set(hostNo, now);
    }
    this.#bots = known;
    return { ...list, bots: new Map([...known].map(([hostNo, { bots }]) => [hostNo, bots])) };
  }
}
