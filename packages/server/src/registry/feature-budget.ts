import { getHeapStatistics } from "node:v8";
import type { FeatureSet } from "./feature-set.js";

interface Held {
  readonly set: FeatureSet;
  bots: number;
}

/**
 * Memory per character of a set's JSON text: the text, the object, its names and what is encoded
 * for readers. Measured: three to four bytes.
 */
const bytesPerCharacter = 4;

/** How many bytes features may take: a quarter of Node's heap, at most 512 MiB. */
export function featureBytesOfHeap(): number {
  return Math.min(getHeapStatistics().heap_size_limit / 4, 512 * 1_048_576);
}

/**
 * Holds each different set of features once, and bounds the memory of all. A bound on bots is not
 * enough: channels may be named after users, and one set may have 35 kB.
 */
export class FeatureBudget {
  readonly #maxBytes: number;
  readonly #held = new Map<string, Held>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** As estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * For one more bot: the set that all bots share which have the same; null where there is no room
   * for it. To be given back by `release`.
   */
  hold(set: FeatureSet): FeatureSet | null {
    const known = this.#held.get(set.json);
    if (known !== undefined) {
      known.bots++;
      return known.set;
    }
    const bytes = bytesOf(set.json);
    if (bytes > 0 && this.#bytes + bytes > this.#maxBytes) return null;
    this.#bytes += bytes;
    this.#held.set(set.json, { set, bots: 1 });
    return set;
  }

  release(json: string): void {
    const held = this.#held.get(json);
    if (held === undefined || --held.bots > 0) return;
    this.#held.delete(json);
    this.#bytes -= bytesOf(json);
  }
}

/** A bot without features always has its place. */
function bytesOf(json: string): number {
  return json === "{}" ? 0 : bytesPerCharacter * json.length;
}
