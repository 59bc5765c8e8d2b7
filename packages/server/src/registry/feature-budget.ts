import { getHeapStatistics } from "node:v8";
import type { FeatureSet } from "./feature-set.js";

interface Held {
  readonly set: FeatureSet;
  bots: number;
}

/**
 * The text, the object, its names, and what is encoded of it for readers: measured as three to four
 * times the text.
 */
const bytesPerCharacter = 4;

/**
 * What features may take: a part of the heap that Node has here, and no more than any fleet needs.
 */
export function featureBytesOfHeap(): number {
  return Math.min(getHeapStatistics().heap_size_limit / 4, 512 * 1_048_576);
}

/**
 * The features of the fleet, each different set once, bounded by what they take in memory: a
 * channel may be named after a user, and a set of features may have 35 kB.
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
