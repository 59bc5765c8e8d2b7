const hourMs = 3_600_000;
/** As many as one step of the rollup may write; rows that fall into more of them are summed in SQLite, step by step. */
const maxGroups = 10_000;

/** What a usage row adds to the sums of its hour. */
export interface UsageAddend {
  readonly tsMs: number;
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly latencyMs: number | null;
  readonly tokensCached: number | null;
  readonly costUsd: number | null;
}

/** The calls of one channel, hour, model and feature. */
export class UsageGroup {
  readonly channel: string;
  readonly bucketMs: number;
  readonly model: string;
  readonly feature: string;
  calls = 0;
  tokensIn = 0;
  tokensOut = 0;
  cachedCalls = 0;
  tokensCached = 0;
  costCalls = 0;
  latencyCalls = 0;
  #cost = 0;
  #costRest = 0;
  #latency = 0;
  #latencyRest = 0;

  constructor(channel: string, bucketMs: number, model: string, feature: string) {
    this.channel = channel;
    this.bucketMs = bucketMs;
    this.model = model;
    this.feature = feature;
  }

  get costUsd(): number {
    return wholeOf(this.#cost, this.#costRest);
  }

  get latencySum(): number {
    return wholeOf(this.#latency, this.#latencyRest);
  }

  add({ tokensIn, tokensOut, latencyMs, tokensCached, costUsd }: UsageAddend): void {
    this.calls++;
    this.tokensIn += tokensIn;
    this.tokensOut += tokensOut;
    if (tokensCached !== null) {
      this.cachedCalls++;
      this.tokensCached += tokensCached;
    }
    if (costUsd !== null) {
      this.costCalls++;
      const sum = this.#cost + costUsd;
      this.#costRest += lostIn(sum, this.#cost, costUsd);
      this.#cost = sum;
    }
    if (latencyMs !== null) {
      this.latencyCalls++;
      const sum = this.#latency + latencyMs;
      this.#latencyRest += lostIn(sum, this.#latency, latencyMs);
      this.#latency = sum;
    }
  }
}

/** What an addition of two numbers that are not negative rounded away (Neumaier, 1974), as SQLite's own `total()` keeps it. */
function lostIn(sum: number, a: number, b: number): number {
  return a >= b ? a - sum + b : b - sum + a;
}

/** Past the range of a double there is no remainder, only NaN, which no column would take. */
function wholeOf(sum: number, rest: number): number {
  return Number.isFinite(sum) ? sum + rest : sum;
}

/**
 * The usage rows that this process committed since the last rollup, summed as they were written: those with ids beyond `after`, up to
 * `upTo`, without a gap. Where another writer's row comes between two of ours, or they fall into too many groups, it begins
 * anew behind them, and what it then does not have is summed in SQLite. (Measured: grouping rows in SQLite again took a fifth of all
 * that a row costs the writer's thread.)
 */
export class UsageSums {
  #after = Number.NaN;
  #upTo = Number.NaN;
  readonly #channels = new Map<string, Map<number, Map<string, Map<string, UsageGroup>>>>();
  #size = 0;

  get after(): number {
    return this.#after;
  }

  get upTo(): number {
    return this.#upTo;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Channel by channel, in the order of the table that they go into. */
  *groups(): Generator<UsageGroup> {
    for (const channel of [...this.#channels.keys()].sort()) {
      for (const models of (
        this.#channels.get(channel) as ReadonlyMap<number, Map<string, Map<string, UsageGroup>>>
      ).values())
        for (const features of models.values()) yield* features.values();
    }
  }

  /** To be forgotten if the transaction is not committed. */
  add(id: number, row: UsageAddend): void {
    if (id !== this.#upTo + 1 || this.#size >= maxGroups) {
      this.clear();
      this.#after = id - 1;
    }
    this.#upTo = id;
    const { channel, model, feature } = row;
    const hours = inner(this.#channels, channel);
    const models = inner(hours, Math.floor(row.tsMs / hourMs) * hourMs);
    const features = inner(models, model);
    let group = features.get(feature);
    if (group === undefined) {
      group = new UsageGroup(channel, Math.floor(row.tsMs / hourMs) * hourMs, model, feature);
      features.set(feature, group);
      this.#size++;
    }
    group.add(row);
  }

  clear(): void {
    this.#channels.clear();
    this.#size = 0;
    this.#after = Number.NaN;
    this.#upTo = Number.NaN;
  }
}

function inner<Key, InnerKey, Value>(map: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Map<InnerKey, Value>();
  map.set(key, fresh);
  return fresh;
}
