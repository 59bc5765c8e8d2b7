import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { LastClock } from "./last-clock.js";
import { Principal, type PrincipalSurroundings } from "./principal.js";
import { PrincipalLog } from "./principal-log.js";
import type { PrincipalPolicy } from "./principal-policy.js";
import { VerdictMemory } from "./verdict-memory.js";

/** That of `socket_path`: it may do everything. */
const localPolicy: PrincipalPolicy = {
  name: "local",
  channels: ["*"],
  maxBots: null,
  maxConnections: null,
  rowsPerSecond: null,
  ownUid: null,
};

export interface PrincipalsOptions {
  /** Without `local`, each name once. */
  readonly policies: readonly PrincipalPolicy[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** Everybody who may report: `local` first, then the principals of the configured listeners. */
export class Principals {
  readonly local: Principal;
  readonly #principals = new Map<string, Principal>();
  readonly #surroundings: PrincipalSurroundings;

  constructor({ policies, clock, logger }: PrincipalsOptions) {
    this.#surroundings = {
      memory: new VerdictMemory(),
      clock: new LastClock(clock),
      log: new PrincipalLog(logger),
    };
    this.local = new Principal(localPolicy, this.#surroundings);
    this.#principals.set(this.local.name, this.local);
    this.replacePolicies(policies);
  }

  /** Whether there is another one than `local`. */
  get hasOthers(): boolean {
    return this.#principals.size > 1;
  }

  get(name: string): Principal | undefined {
    return this.#principals.get(name);
  }

  /** The user whose processes alone are looked at for this principal; null is any. */
  ownUidOf(name: string): number | null {
    return this.#principals.get(name)?.policy.ownUid ?? null;
  }

  /**
   * Whose a bot most likely is whose principal nobody told yet: the one principal beside `local`
   * that may report on its channel, else `local`.
   */
  likelyOwnerOf(channel: string): Principal {
    const others = [...this.#principals.values()].filter(
      (each) => each !== this.local && each.mayReport(channel),
    );
    const [only] = others;
    return only !== undefined && others.length === 1 ? only : this.local;
  }

  /** With those that were removed and still have a connection or a bot. */
  [Symbol.iterator](): Iterator<Principal> {
    return this.#principals.values();
  }

  /** To be called before messages are judged; one reading serves all messages of a chunk. */
  readClock(): void {
    this.#surroundings.clock.readClock();
  }

  /** To be called every few seconds: rates, log lines that are due, removed principals that end. */
  tick(): void {
    this.readClock();
    this.#surroundings.log.tick(this.#surroundings.clock.monotonicMs);
    for (const principal of this.#principals.values()) principal.tick();
    this.#dropEnded();
  }

  /**
   * Takes over other policies. A principal that has none any more is removed; it stays here until
   * the next tick, as its listener accepts what has connected, and as long as it has a connection
   * or a bot. Throws a `TypeError`, and changes nothing, if a name comes
   * twice or is `local`.
   */
  replacePolicies(policies: readonly PrincipalPolicy[]): void {
    const names = new Set(policies.map(({ name }) => name));
    if (names.size < policies.length || names.has(this.local.name))
      throw new TypeError("each principal needs a name of its own");
    this.readClock();
    for (const policy of policies) {
      const principal = this.#principals.get(policy.name);
      if (principal === undefined)
        this.#principals.set(policy.name, new Principal(policy, this.#surroundings));
      else principal.replacePolicy(policy);
    }
    for (const principal of this.#principals.values())
      if (principal !== this.local && !names.has(principal.name)) principal.markRemoved();
  }

  #dropEnded(): void {
    for (const principal of this.#principals.values()) {
      if (!principal.isRemoved || principal.connections > 0 || principal.bots > 0) continue;
      principal.close();
      this.#principals.delete(principal.name);
    }
  }
}
