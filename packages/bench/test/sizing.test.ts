import { readFileSync } from "node:fs";
import { defaultRetention } from "@kissbot/store";
import { describe, expect, test } from "vitest";
import { tablesFrom } from "../src/read-tables.js";
import { pageWith } from "../src/sizing/page.js";
import type { Table } from "../src/table.js";
import { quickRows } from "./bench-run.js";

const page = readFileSync(new URL("../../../docs/sizing.md", import.meta.url), "utf8");
const tables = new Map(tablesFrom(page).map((table) => [table.title, table]));
const rows = tables.get("What a row takes")?.rows ?? [];

/** `1.62 GB` in bytes. */
function bytesOf(cell = ""): number {
  const [, amount = "", unit = ""] = /^([\d.]+) (MB|GB)$/.exec(cell) ?? [];
  return Number(amount) * (unit === "GB" ? 1e9 : 1e6);
}

describe("docs/sizing.md", () => {
  test("has the three tables that the command writes, each with its day [trial/O12]", () => {
    expect([...tables.keys()]).toEqual([
      "Disk by bots and days",
      "What a row takes",
      "CPU and memory by bots",
    ]);
    for (const { method, rows: shown } of tables.values()) {
      expect(method).toMatch(/ Measured on \d{4}-\d\d-\d\d\.$/);
      expect(shown.length).toBeGreaterThan(2);
    }
  });

  test("reckons its disk from what a row takes and how long it is kept [trial/O12]", () => {
    const table = tables.get("Disk by bots and days");
    const days = (table?.columns ?? []).slice(1).map((head) => Number.parseInt(head, 10));
    expect(days).toEqual([1, 7, 30, 90, 400]);
    for (const [bots = "", ...cells] of table?.rows ?? []) {
      for (const [i, cell] of cells.entries()) {
        const expected = rows.reduce((sum, [, bytes, perDay = "", kept = ""]) => {
          const daily = Number(perDay.replaceAll(",", ""));
          const held = Math.min(days[i] ?? 0, kept === "for ever" ? Number.POSITIVE_INFINITY : Number(kept));
          return sum + (Number.isNaN(daily) ? 0 : Number(bytes) * daily * held);
        }, 0);
        const ratio = bytesOf(cell) / (expected * Number(bots.replaceAll(",", "")));
        expect(Math.abs(ratio - 1), `${bots} bots, ${days[i]} days: ${cell}`).toBeLessThan(0.02);
      }
    }
  });

  test("was near what a real file took [trial/O12]", () => {
    const { method = "" } = tables.get("Disk by bots and days") ?? {};
    const [, took, reckoned] =
      / took ([\d.]+ [MG]B); reckoned like this it would take ([\d.]+ [MG]B)\./.exec(method) ?? [];
    expect(Math.abs(bytesOf(took) / bytesOf(reckoned) - 1)).toBeLessThan(0.15);
  });

  test("names how long each kind of row is kept by default [trial/O12]", () => {
    const kept = rows.map(([, , , days, flag]) => [flag, days]);
    const text = (days: number | null) => (days === null ? "for ever" : String(days));
    expect(kept).toEqual([
      ["`--retention-days`", text(defaultRetention.metricsDays)],
      ["`--minute-retention-days`", text(defaultRetention.minuteDays)],
      ["`--hour-retention-days`", text(defaultRetention.hourDays)],
      ["`--usage-retention-days`", text(defaultRetention.usageDays)],
      ["none: kept for ever", "for ever"],
      ["`--status-retention-days`", text(defaultRetention.statusHistoryDays)],
      ["`--custom-retention-days`", text(defaultRetention.customMetricsDays)],
    ]);
  });
});

test("the command prints what a row takes and what a fleet takes, of a database that it writes [trial/O12]", async () => {
  const printed = await quickRows("sizing/disk");
  const [bytes] = printed.get("a sample of CPU and memory") ?? [];
  expect(Number(bytes)).toBeGreaterThan(50);
  expect(Number(bytes)).toBeLessThan(500);
  const cells = printed.get("50") ?? [];
  expect(cells).toHaveLength(5);
  const sizes = cells.map(bytesOf);
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  expect(sizes[0]).toBeGreaterThan(1e6);
}, 300_000);

test("a table takes the place of the one of its title, and nothing else of the page changes", () => {
  const table: Table = { title: "b", method: "How.", columns: ["x"], rows: [["1"]] };
  const before = "# Page\n\n### a\n\nold\n\n### b\n\nold\n\n## c\n\ntext\n";
  expect(pageWith(before, [table], "2026-01-02")).toBe(
    "# Page\n\n### a\n\nold\n\n### b\n\nHow. Measured on 2026-01-02.\n\n| x |\n| - |\n| 1 |\n\n## c\n\ntext\n",
  );
  expect(() => pageWith("# Page\n", [table], "2026-01-02")).toThrow(/no table "b"/);
});
