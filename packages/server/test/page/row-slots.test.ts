import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RowSlots } from "../../page/fleet/row-slots.js";

describe("the elements of the rows", () => {
  test("show other rows after a jump, and no element is made [page/R31]", () => {
    const slots = new RowSlots();
    const before = [...slots.next(["a", "b", "c"], null).values()];
    expect([...slots.next(["x", "y", "z"], null).values()]).toEqual(before);
  });

  test("keep the rows that are still there, in any order, and never show one row twice [page/R31]", () => {
    const rows = fc.uniqueArray(fc.constantFrom(..."abcdefghijkl"), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 8 }), (views) => {
        const slots = new RowSlots();
        let before: ReadonlyMap<string, number> = new Map();
        for (const view of views) {
          const now = slots.next(view, null);
          expect([...now.keys()]).toEqual(view);
          expect(new Set(now.values()).size).toBe(view.length);
          for (const [row, slot] of now) if (before.has(row)) expect(slot).toBe(before.get(row));
          before = now;
        }
      }),
    );
  });

  test("are not filled anew where one has the focus: the next Enter would open another bot [page/R31]", () => {
    const slots = new RowSlots();
    const focused = slots.next(["a", "b"], "a").get("a");
    expect([...slots.next(["x", "y"], "a").values()]).not.toContain(focused);
  });
});
