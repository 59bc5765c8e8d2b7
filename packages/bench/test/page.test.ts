import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { quickRows } from "./bench-run.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const finder = 'import("./.ci/browser.mjs").then(({ findBrowser }) => console.log(findBrowser() ?? ""))';
const hasBrowser =
  spawnSync(process.execPath, ["--eval", finder], { cwd: root, encoding: "utf8" }).stdout.trim() !== "";

test.skipIf(!hasBrowser)(
  "the benchmark of the page prints each figure beside its baseline and its budget [page/R34]",
  async () => {
    const rows = await quickRows("page");
    const slowly = "at a CPU 4 x slower, 10 Mbit/s, 60 ms, ms";
    for (const [name, budget, columns] of [
      ["everything of the page, gzip, kB", "60", 1],
      ["first paint, ms", "300", 3],
      ["rows, ms", "1000", 2],
      [`first paint ${slowly}`, "", 3],
      [`rows ${slowly}`, "1500", 2],
      ["main thread, of a core", "5 %", 3],
      ["frames p99, ms", "20", 3],
      ["frames p99 while scrolling, ms", "34", 3],
      ["long tasks after the first second", "0", 3],
      ["keystroke to painted, ms", "50", 3],
      ["heap at the start, MB", "40", 3],
      ["heap at the end, MB", "40", 3],
      ["elements", "3000", 3],
      ["monitor's main thread, of a core", "1 % more", 3],
      ["event-loop delay p99, ms", "10", 3],
    ] as const) {
      const [found, ...cells] = rows.get(name) ?? [];
      expect([name, found]).toEqual([name, budget]);
      const figures = cells.filter((cell) => cell !== "");
      expect([name, figures.length]).toEqual([name, columns]);
      for (const figure of figures) expect([name, Number.parseFloat(figure)]).not.toContain(Number.NaN);
    }
    // What takes time takes some.
    for (const name of ["first paint, ms", "rows, ms", "keystroke to painted, ms", "heap at the end, MB"])
      expect(Number.parseFloat(rows.get(name)?.[1] ?? "")).toBeGreaterThan(0);
  },
);
