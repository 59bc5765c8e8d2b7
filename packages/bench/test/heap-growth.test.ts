import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { afterAll, expect, test } from "vitest";
import { heapGrowthTable, heapKindsOf } from "../src/soak/heap-growth.js";

const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Kept {
  readonly number = 7;
}

test("objects that stay are found between two snapshots, by their constructor", () => {
  const look = (name: string) => heapKindsOf(readFileSync(writeHeapSnapshot(join(folder, name)), "utf8"));
  const before = look("before.heapsnapshot");
  const kept = Array.from({ length: 20_000 }, () => new Kept());
  const after = look("after.heapsnapshot");
  const { rows, method } = heapGrowthTable(before, after, 2);
  expect(method).toContain("2.0 minutes later");
  const row = rows.find(([kind]) => kind === "object Kept");
  expect(row?.[1]).toBe(String(kept.length));
  expect(Number(row?.[2])).toBeGreaterThan(200);
});

test("kinds are summed, and what is not there any more counts as less", () => {
  const snapshot = (nodes: readonly number[]) =>
    heapKindsOf(
      JSON.stringify({
        snapshot: {
          meta: { node_fields: ["type", "name", "self_size"], node_types: [["code", "object", "string"]] },
        },
        nodes,
        strings: ["f", "Map"],
      }),
    );
  const before = snapshot([0, 0, 1_024, 1, 1, 2_048]);
  const after = snapshot([0, 0, 2_048, 0, 0, 2_048, 2, 0, 512]);
  expect(heapGrowthTable(before, after, 1).rows).toEqual([
    ["compiled code", "1", "3.0"],
    ["object Map", "-1", "-2.0"],
    ["texts", "1", "0.5"],
  ]);
});
