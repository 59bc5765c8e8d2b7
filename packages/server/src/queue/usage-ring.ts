import type { LlmUsage } from "@kissbot/protocol";
import { NamePool } from "./name-pool.js";
import { emptyCapacity, leastCapacity } from "./row-ring.js";

const numbersPerRow = 7;

/**
 * Usage rows that wait, oldest first, as columns: four names from a pool and seven numbers in a typed array, with NaN for what is absent.
 * No row is an object while it waits, so the collector has nothing to move however many there are. (Measured with 60,000 rows that
 * wait all the time, as objects: collecting took a quarter of the main thread.)
 *
 * It grows by doubling, and gives back what it does not need as `RowRing` does.
 */
export class UsageRing {
  readonly #pool = new NamePool();
  #channels = namesOf(leastCapacity);
  #models = namesOf(leastCapacity);
  #features = namesOf(leastCapacity);
  #providers = namesOf(leastCapacity);
  #numbers = new Float64Array(leastCapacity * numbersPerRow);
  #head = 0;
  #length = 0;
  #peak = 0;

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#channels.length;
  }

  push(row: LlmUsage, receivedAtMs: number): void {
    if (this.#length === this.#channels.length) this.#resize(2 * this.#length);
    const at = (this.#head + this.#length) & (this.#channels.length - 1);
    const pool = this.#pool;
    this.#channels[at] = pool.take(row.channel);
    this.#models[at] = pool.take(row.model);
    this.#features[at] = pool.take(row.feature);
    this.#providers[at] = row.provider === undefined ? undefined : pool.take(row.provider);
    const numbers = this.#numbers;
    const first = at * numbersPerRow;
    numbers[first] = receivedAtMs;
    numbers[first + 1] = row.tokens_in;
    numbers[first + 2] = row.tokens_out;
    numbers[first + 3] = row.latency_ms ?? Number.NaN;
    numbers[first + 4] = row.tokens_cached ?? Number.NaN;
    numbers[first + 5] = row.cost_usd ?? Number.NaN;
    numbers[first + 6] = row.ts ?? Number.NaN;
    this.#length++;
    if (this.#length > this.#peak) this.#peak = this.#length;
  }

  /** The oldest row, made anew; to be asked only while there is one. */
  get oldest(): LlmUsage {
    const at = this.#head;
    const numbers = this.#numbers;
    const first = at * numbersPerRow;
    return {
      type: "llm_usage",
      channel: this.#channels[at] as string,
      model: this.#models[at] as string,
      feature: this.#features[at] as string,
      tokens_in: numbers[first + 1] as number,
      tokens_out: numbers[first + 2] as number,
      latency_ms: present(numbers[first + 3] as number),
      provider: this.#providers[at],
      tokens_cached: present(numbers[first + 4] as number),
      cost_usd: present(numbers[first + 5] as number),
      ts: present(numbers[first + 6] as number),
    };
  }

  get oldestReceivedAtMs(): number {
    return this.#numbers[this.#head * numbersPerRow] as number;
  }

  /** Forgets the oldest row; to be called only while there is one. */
  dropOldest(): void {
    const at = this.#head;
    this.#channels[at] = undefined;
    this.#models[at] = undefined;
    this.#features[at] = undefined;
    this.#providers[at] = undefined;
    this.#head = (at + 1) & (this.#channels.length - 1);
    this.#length--;
    if (this.#length > 0) return;
    const capacity = emptyCapacity(this.#channels.length, this.#peak);
    this.#peak = 0;
    if (capacity < this.#channels.length) this.#resize(capacity);
  }

  #resize(capacity: number): void {
    this.#channels = this.#moved(this.#channels, capacity);
    this.#models = this.#moved(this.#models, capacity);
    this.#features = this.#moved(this.#features, capacity);
    this.#providers = this.#moved(this.#providers, capacity);
    const rows = this.#numbers.length / numbersPerRow;
    const numbers = new Float64Array(capacity * numbersPerRow);
    const untilEnd = Math.min(this.#length, rows - this.#head);
    const start = this.#head * numbersPerRow;
    numbers.set(this.#numbers.subarray(start, start + untilEnd * numbersPerRow));
    numbers.set(
      this.#numbers.subarray(0, (this.#length - untilEnd) * numbersPerRow),
      untilEnd * numbersPerRow,
    );
    this.#numbers = numbers;
    this.#head = 0;
  }

  #moved(names: readonly (string | undefined)[], capacity: number): (string | undefined)[] {
    const moved = namesOf(capacity);
    for (let i = 0; i < this.#length; i++) moved[i] = names[(this.#head + i) & (names.length - 1)];
    return moved;
  }
}

/** Filled: an array with holes would be slower to read for as long as it lives. */
function namesOf(capacity: number): (string | undefined)[] {
  return new Array<string | undefined>(capacity).fill(undefined);
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
