import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addRange,
  countMissing,
  hasId,
  type IdRange,
  isRanges,
  nextRange,
  type Ranges,
} from "../src/ranges.js";

const idRange = fc
  .tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 30 }))
  .map(([first, more]): IdRange => ({ first, last: first + more }));
const ranges = fc.array(idRange, { maxLength: 12 }).map((list) => list.reduce<number[]>(addRange, []));

function idsIn(list: Ranges): Set<number> {
  const ids = new Set<number>();
  for (let i = 0; i < list.length; i += 2) {
    for (let id = list[i] as number; id <= (list[i + 1] as number); id++) ids.add(id);
  }
  return ids;
}

function idsOf({ first, last }: IdRange): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

describe("ranges", () => {
  test("hold the ids of all ranges that were added, in any order [fleet/T2]", () => {
    fc.assert(
      fc.property(fc.array(idRange, { maxLength: 20 }), (added) => {
        const list = added.reduce<number[]>(addRange, []);
        expect(isRanges(list)).toBe(true);
        const expected = new Set(added.flatMap(idsOf));
        const found = idsOf({ first: 0, last: 160 }).filter((id) => hasId(list, id));
        expect(found.length).toBe(expected.size);
        expect(found.every((id) => expected.has(id))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("count the ids that they lack", () => {
    fc.assert(
      fc.property(ranges, idRange, (list, within) => {
        const have = idsIn(list);
        expect(countMissing(list, within)).toBe(idsOf(within).filter((id) => !have.has(id)).length);
      }),
      { numRuns: 2_000 },
    );
  });

  test("lead to ids that are lacking, in one piece, the newest gap first [fleet/T2]", () => {
    fc.assert(
      fc.property(ranges, idRange, fc.integer({ min: 1, max: 8 }), (list, within, size) => {
        const have = idsIn(list);
        const lacking = idsOf(within).filter((id) => !have.has(id));
        const next = nextRange(list, within, size);
        if (lacking.length === 0) {
          expect(next).toBe(null);
          return;
        }
        const top = lacking.at(-1) as number;
        const gap = lacking.filter((id) => idsOf({ first: id, last: top }).every((one) => !have.has(one)));
        const ids = idsOf(next as IdRange);
        expect(ids.length).toBe(Math.min(size, gap.length));
        for (const id of ids) expect(gap).toContain(id);
        // What came last goes out in its order, unless it is more than ten batches.
        const isLive = top === within.last && gap.length <= 10 * size;
        expect(isLive ? ids[0] : ids.at(-1)).toBe(isLive ? gap[0] : top);
      }),
      { numRuns: 2_000 },
    );
  });

  test("are refused where they are none: odd, falling, touching, no integers", () => {
    for (const list of [[1], [2, 1], [1, 2, 3, 4], [5, 6, 1, 2], [1, 1.5], [1, Number.NaN], [1, 2 ** 53]]) {
      expect(isRanges(list), String(list)).toBe(false);
    }
    expect(isRanges([])).toBe(true);
    expect(isRanges([1, 1, 3, Number.MAX_SAFE_INTEGER])).toBe(true);
  });
});

/** The receiver: it compares the version of a statement with its own, and nothing else. */
class Receiver {
  version = 0;
  ranges: Ranges = [];
  readonly stored = new Set<number>();

  commit({ version, ranges: list, range }: Statement): boolean {
    if (version !== this.version) return false;
    this.version += 1;
    this.ranges = list;
    for (const id of idsOf(range)) {
      if (this.stored.has(id)) throw new Error(`${id} was stored twice`);
      this.stored.add(id);
    }
    return true;
  }
}

interface Statement {
  readonly version: number;
  readonly ranges: Ranges;
  readonly range: IdRange;
}

/** What a sender knows of the receiver; a new life reads it again. */
interface Sender {
  version: number;
  ranges: Ranges;
}

type Step =
  /** Rows are written. */
  | { readonly kind: "grow"; readonly rows: number }
  /** Sends, is answered, and goes on from there. */
  | { readonly kind: "send"; readonly sender: number }
  /** Sends, and the connection dies: the statement is on its way, for nobody. */
  | { readonly kind: "lose"; readonly sender: number }
  /** A statement of a dead connection arrives after all. */
  | { readonly kind: "arrive"; readonly which: number }
  /** The sender starts anew, or connects again. */
  | { readonly kind: "read"; readonly sender: number };

const senders = 3;
const someSender = fc.integer({ min: 0, max: senders - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("grow" as const), rows: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ kind: fc.constant("send" as const), sender: someSender }),
  fc.record({ kind: fc.constant("lose" as const), sender: someSender }),
  fc.record({ kind: fc.constant("arrive" as const), which: fc.nat({ max: 20 }) }),
  fc.record({ kind: fc.constant("read" as const), sender: someSender }),
);

test("every row arrives once, whatever crashes, and whichever dead statement arrives later [fleet/T2]", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (steps, size) => {
      const receiver = new Receiver();
      const all: Sender[] = Array.from({ length: senders }, () => ({ version: 0, ranges: [] }));
      const lost: Statement[] = [];
      let last = 0;
      const statementOf = ({ version, ranges: list }: Sender): Statement | null => {
        const range = nextRange(list, { first: 1, last }, size);
        return range && { version, ranges: addRange(list, range), range };
      };
      const send = (sender: Sender): boolean => {
        const statement = statementOf(sender);
        if (statement === null) return false;
        const won = receiver.commit(statement);
        sender.version = won ? statement.version + 1 : receiver.version;
        sender.ranges = won ? statement.ranges : receiver.ranges;
        return true;
      };
      for (const one of steps) {
        if (one.kind === "grow") {
          last += one.rows;
        } else if (one.kind === "arrive") {
          const [statement] = lost.splice(one.which % Math.max(1, lost.length), 1);
          if (statement !== undefined) receiver.commit(statement);
        } else {
          const sender = all[one.sender] as Sender;
          if (one.kind === "send") send(sender);
          if (one.kind === "lose") {
            const statement = statementOf(sender);
            if (statement !== null) lost.push(statement);
          }
          if (one.kind !== "send")
            Object.assign(sender, { version: receiver.version, ranges: receiver.ranges });
        }
        if (countMissing(receiver.ranges, { first: 1, last }) !== last - receiver.stored.size) {
          throw new Error("the ranges are not what was stored");
        }
      }
      const [survivor] = all as [Sender];
      while (send(survivor));
      for (const statement of lost) expect(receiver.commit(statement)).toBe(false);
      expect(receiver.stored.size).toBe(last);
      expect(receiver.ranges).toEqual(last === 0 ? [] : [1, last]);
    }),
    { numRuns: 10_000 },
  );
});
