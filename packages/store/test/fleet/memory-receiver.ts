import type { BeatAnswer, BeatFacts } from "../../src/fleet/host-presence.js";
import type { BotsParcel, Cursor, Failure, Parcel, Receiver } from "../../src/fleet/receiver.js";
import type { FleetSource } from "../../src/fleet-source.js";
import { addRange } from "../../src/ranges.js";
import type { TailIdentity } from "../../src/sqlite/read/source-tail.js";
import type { marks } from "../plain-monitor.js";

/** What becomes of a statement. */
export type Fate =
  | "answered"
  /** Done, and the connection dies before the answer. */
  | "unanswered"
  /** Not done, and the connection is dead. */
  | "cut"
  /** The connection dies, and the statement is done at some later time, if it can be. */
  | "late"
  /** The database falls back to an older state, as at a failover that loses commits. */
  | "failover";

interface Stored {
  readonly cursors: Map<string, Cursor & { readonly deleted: number; readonly rejected: number }>;
  readonly rows: Map<FleetSource, number[]>;
  readonly bots: Map<string, string>;
  readonly prices: Set<number>;
}

const emptyState = (): Stored => ({
  cursors: new Map(),
  rows: new Map(),
  bots: new Map(),
  prices: new Set(),
});

function copyOf({ cursors, rows, bots, prices }: Stored): Stored {
  return {
    cursors: new Map(cursors),
    rows: new Map([...rows].map(([source, list]) => [source, [...list]])),
    bots: new Map(bots),
    prices: new Set(prices),
  };
}

class Poison extends Error {}
class Refusal extends Error {}

/** A receiver in memory that compares versions as the database does, and fails as it is told. */
export class MemoryReceiver implements Receiver {
  connections = 0;
  state = emptyState();
  /** By their marks, the rows that it does not take. */
  readonly poison = new Set<number>();
  /** In the order of the statements; answered where none is left. */
  fates: Fate[] = [];
  isRefusing = false;
  /** Called as each statement begins. */
  onStatement: () => void = () => undefined;
  /** Called as cursors are read. */
  onQuestion: () => void = () => undefined;
  readonly log: { readonly source: FleetSource | "bots"; readonly marks: readonly number[] }[] = [];
  readonly late: (() => void)[] = [];
  readonly beats: BeatFacts[] = [];
  hasLeft = false;
  #isConnected = false;
  #older = emptyState();

  nowMs(): number {
    return Date.now();
  }

  #connect(): void {
    if (this.isRefusing) throw new Refusal("the password is wrong");
    if (!this.#isConnected) this.connections += 1;
    this.#isConnected = true;
  }

  async enter(_identity: TailIdentity): Promise<void> {
    this.#connect();
  }

  async readCursor(source: FleetSource | "bots", opening: number): Promise<Cursor> {
    this.#connect();
    this.onQuestion();
    return this.state.cursors.get(`${source} ${opening}`) ?? { version: 0, ranges: [] };
  }

  async readCursors(source: FleetSource, openings: readonly number[]): Promise<Map<number, Cursor>> {
    this.#connect();
    this.onQuestion();
    const found = new Map<number, Cursor>();
    for (const opening of openings) {
      const cursor = this.state.cursors.get(`${source} ${opening}`);
      if (cursor !== undefined) found.set(opening, cursor);
    }
    return found;
  }

  async readChannels(): Promise<readonly string[]> {
    this.#connect();
    return [...this.state.bots.keys()];
  }

  prepare(): void {}

  async send({ source, opening, version, ranges, rows }: Parcel): Promise<boolean> {
    const { table, deleted, rejected } = rows;
    const mark = table.columns[markFields[source] as never] as { numberAt(row: number): number };
    const own = Array.from({ length: table.length }, (_, row) => mark.numberAt(row));
    if (own.some((one) => this.poison.has(one))) throw new Poison("22021: no such character");
    this.log.push({ source, marks: own });
    return this.#statement(() => {
      const key = `${source} ${opening}`;
      const cursor = this.state.cursors.get(key) ?? { version: 0, ranges: [], deleted: 0, rejected: 0 };
      if (cursor.version !== version) return false;
      this.state.cursors.set(key, {
        version: version + 1,
        ranges,
        deleted: cursor.deleted + deleted,
        rejected: cursor.rejected + rejected,
      });
      this.state.rows.set(source, [...(this.state.rows.get(source) ?? []), ...own]);
      return true;
    });
  }

  async sendBots({ opening, version, bots, forgotten, prices }: BotsParcel): Promise<boolean> {
    this.log.push({ source: "bots", marks: bots.map(({ pid }) => pid) });
    return this.#statement(() => {
      const key = `bots ${opening}`;
      const known = this.state.cursors.get(key)?.version ?? 0;
      if (known !== version) return false;
      this.state.cursors.set(key, { version: version + 1, ranges: [], deleted: 0, rejected: 0 });
      for (const channel of forgotten) this.state.bots.delete(channel);
      for (const bot of bots) this.state.bots.set(bot.channel, bot.status);
      for (const { priceId } of prices) this.state.prices.add(priceId);
      return true;
    });
  }

  async beat(facts: BeatFacts): Promise<BeatAnswer> {
    this.#connect();
    this.beats.push(facts);
    return { skewMs: 0, isCloned: false };
  }

  async leave(): Promise<void> {
    this.#connect();
    this.hasLeft = true;
  }

  failureOf(error: unknown): Failure {
    return error instanceof Poison ? "poison" : error instanceof Refusal ? "hopeless" : "retry";
  }

  /** What a failover would fall back to from now on. */
  keepOlder(): void {
    this.#older = copyOf(this.state);
  }

  #statement(work: () => boolean): boolean {
    this.#connect();
    this.onStatement();
    const fate = this.fates.shift() ?? "answered";
    if (fate === "answered") return work();
    this.#isConnected = false;
    if (fate === "unanswered") work();
    if (fate === "late") this.late.push(work);
    if (fate === "failover") {
      this.state = copyOf(this.#older);
      // What was on its way to the lost database never arrives.
      this.late.length = 0;
    }
    throw new Error("the connection was lost");
  }
}

const markFields = {
  status: "pid",
  usage: "tokensIn",
  custom: "value",
  metrics: "pid",
} as const satisfies Record<keyof typeof marks, string>;

/** Everything that stands under the ranges of a source's cursors. */
export function coveredBy(receiver: MemoryReceiver, source: FleetSource): number {
  let covered = 0;
  for (const [key, { ranges }] of receiver.state.cursors) {
    if (!key.startsWith(`${source} `)) continue;
    const whole = ranges.reduce<number[]>(
      (list, _, i) =>
        i % 2 === 0 ? addRange(list, { first: ranges[i] as number, last: ranges[i + 1] as number }) : list,
      [],
    );
    for (let i = 0; i < whole.length; i += 2) covered += (whole[i + 1] as number) - (whole[i] as number) + 1;
  }
  return covered;
}
