import { isRow, messageOf, type WireEvent, type WireMessage } from "./wire.js";

/**
 * The name of the metric of a burst, or of one with long rows; its values count up, so each row is
 * known by its value.
 */
const burstMetric = /^n+$/;

/** A usage or metric line that came. */
export interface RowArrival {
  readonly at_ms: number;
  readonly connection: number;
  readonly line: string;
  readonly channel: string;
  readonly ts: number | undefined;
  /** How many calls asked for such a line. */
  readonly asked: number;
  /**
   * The number of the call that asked for this one; undefined where each such call had its line.
   */
  readonly call: number | undefined;
}

/** Calls that were made at one moment, with numbers that follow one another. */
interface Calls {
  readonly atMs: number;
  /** How long it took until all of them were made. */
  readonly lastedMs: number;
  readonly first: number;
  readonly count: number;
  /** What they asked for; in a burst the value of the first call stands beside it. */
  readonly key: string;
  readonly from: number | undefined;
}

const known = new WeakMap<readonly WireEvent[], Rows>();

/** The rows of a timeline, which is read once for all judges, so it must be complete. */
export function rowsOf(wire: readonly WireEvent[]): Rows {
  const rows = known.get(wire) ?? new Rows(wire);
  known.set(wire, rows);
  return rows;
}

/**
 * The usage and metric lines that a client was asked for, numbered from 0 in the order of the
 * calls, and those that came. A line is known by all that it says but its time. Calls of a burst
 * are held as a whole, as there may be a million.
 */
export class Rows {
  readonly calls: number;
  readonly arrivals: readonly RowArrival[];
  readonly #groups: Calls[] = [];
  readonly #byKey = new Map<string, Calls[]>();
  readonly #came: number[];

  constructor(wire: readonly WireEvent[]) {
    let calls = 0;
    for (const one of wire) {
      if (one.event === "burst") {
        const { at_ms, channel, from, count, lasted_ms = 0 } = one;
        this.#add({ atMs: at_ms, lastedMs: lasted_ms, first: calls, count, key: burstKey(channel), from });
        calls += count;
      }
      if (one.event === "threads") {
        const { at_ms, channel, from, threads, count } = one;
        this.#add({
          atMs: at_ms,
          lastedMs: 0,
          first: calls,
          count: threads * count,
          key: burstKey(channel),
          from,
        });
        calls += threads * count;
      }
      const message = one.event === "call" ? messageOf(one.line) : undefined;
      if (message === undefined || !isRow(message.type)) continue;
      const { key, value } = nameOf(message);
      this.#add({ atMs: one.at_ms, lastedMs: 0, first: calls, count: 1, key, from: value });
      calls++;
    }
    this.calls = calls;
    this.arrivals = this.#match(wire);
    const numbers = this.arrivals.flatMap(({ call }) => (call === undefined ? [] : [call]));
    this.#came = numbers.sort((one, other) => one - other);
  }

  /** How many calls were made up to that moment. */
  callsUntil(atMs: number): number {
    const behind = firstIndex(this.#groups, (group) => group.atMs > atMs);
    return this.#groups[behind]?.first ?? this.calls;
  }

  /** How many of the first `calls` calls never had their line. */
  lostOf(calls: number): number {
    return calls - firstIndex(this.#came, (call) => call >= calls);
  }

  calledAtMs(call: number): number {
    return this.#groupOf(call)?.atMs ?? 0;
  }

  /** How much later it may have been made: of a burst only its beginning and its end are known. */
  calledWithinMs(call: number): number {
    return this.#groupOf(call)?.lastedMs ?? 0;
  }

  #groupOf(call: number): Calls | undefined {
    return this.#groups[firstIndex(this.#groups, (group) => group.first > call) - 1];
  }

  #add(group: Calls): void {
    this.#groups.push(group);
    const same = this.#byKey.get(group.key);
    if (same === undefined) this.#byKey.set(group.key, [group]);
    else same.push(group);
  }

  #match(wire: readonly WireEvent[]): RowArrival[] {
    const used = new Set<number>();
    const newest = new Map<string, number>();
    return wire.flatMap((one) => {
      const message = one.event === "line" ? messageOf(one.line) : undefined;
      if (one.event !== "line" || message === undefined || !isRow(message.type)) return [];
      const { channel = "", ts } = message;
      const asking = this.#asking(message);
      const free = asking.filter((call) => !used.has(call));
      // Of equal calls the line is that of the first one behind the line before it, if there is
      // one.
      const call = free.find((number) => number > (newest.get(channel) ?? -1)) ?? free[0];
      if (call !== undefined) {
        used.add(call);
        newest.set(channel, Math.max(newest.get(channel) ?? -1, call));
      }
      const { at_ms, connection, line } = one;
      return [{ at_ms, connection, line, channel, ts, asked: asking.length, call }];
    });
  }

  /** The numbers of the calls that asked for such a line. */
  #asking(message: WireMessage): number[] {
    const { key, value } = nameOf(message);
    return (this.#byKey.get(key) ?? []).flatMap(({ first, count, from }) => {
      if (value === undefined || from === undefined) return [first];
      return Number.isInteger(value - from) && value >= from && value < from + count
        ? [first + value - from]
        : [];
    });
  }
}

/** What a row says beside its time; of a row of a burst the value stands apart. */
function nameOf(message: WireMessage): { key: string; value: number | undefined } {
  const { type, channel = "", metric_name, value } = message;
  if (type === "custom_metric" && burstMetric.test(metric_name ?? ""))
    return { key: burstKey(channel), value };
  const fields = Object.entries(message).filter(([name, field]) => name !== "ts" && field !== null);
  return { key: JSON.stringify(fields.sort(([one], [other]) => (one < other ? -1 : 1))), value: undefined };
}

const burstKey = (channel: string): string => `burst ${channel}`;

/** The index of the first element for which it is true, where it stays true; else the length. */
function firstIndex<T>(list: readonly T[], isBehind: (element: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
