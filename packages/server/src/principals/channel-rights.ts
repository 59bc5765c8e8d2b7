import { isLikeAny } from "../pattern.js";
import type { RememberedVerdicts, VerdictMemory } from "./verdict-memory.js";

/**
 * Which channels a principal may report on. A verdict is remembered: matching costs about 80 ns, a
 * look at the memory 15 ns.
 */
export class ChannelRights {
  readonly #patterns: readonly string[];
  readonly #memory: VerdictMemory;
  readonly #verdicts: RememberedVerdicts;

  constructor(patterns: readonly string[], memory: VerdictMemory) {
    this.#patterns = patterns;
    this.#memory = memory;
    this.#verdicts = memory.openVerdicts();
  }

  /** `newly_refused`: and that is not remembered yet. */
  verdictOn(channel: string): "allowed" | "refused" | "newly_refused" {
    const remembered = this.#verdicts.get(channel);
    if (remembered !== undefined) return remembered ? "allowed" : "refused";
    const isAllowed = isLikeAny(channel, this.#patterns);
    this.#memory.remember(this.#verdicts, channel, isAllowed);
    return isAllowed ? "allowed" : "newly_refused";
  }

  /** To be called once these rights no longer hold. */
  close(): void {
    this.#memory.closeVerdicts(this.#verdicts);
  }
}
