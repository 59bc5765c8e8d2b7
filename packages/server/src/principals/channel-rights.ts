import { isLikeAny } from "../pattern.js";
import type { RememberedVerdicts, VerdictMemory } from "./verdict-memory.js";

/** So many are compared before the memory is asked; each takes a few nanoseconds. */
const mostBeginnings = 4;

/**
 * Which channels a principal may report on. Most patterns are a beginning and a `*`, which is
 * quicker to compare than a new text is to look up. Every other verdict is remembered, as matching
 * costs more than that (measured: `pnpm bench users/judging`).
 */
export class ChannelRights {
  readonly #patterns: readonly string[];
  readonly #beginnings: readonly string[];
  readonly #memory: VerdictMemory;
  readonly #verdicts: RememberedVerdicts;

  constructor(patterns: readonly string[], memory: VerdictMemory) {
    this.#patterns = patterns;
    const plain = patterns.filter((pattern) => pattern.indexOf("*") === pattern.length - 1);
    this.#beginnings = plain.slice(0, mostBeginnings).map((pattern) => pattern.slice(0, -1));
    this.#memory = memory;
    this.#verdicts = memory.openVerdicts();
  }

  /** `newly_refused`: and that is not remembered yet. */
  verdictOn(channel: string): "allowed" | "refused" | "newly_refused" {
    for (const beginning of this.#beginnings) if (channel.startsWith(beginning)) return "allowed";
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
