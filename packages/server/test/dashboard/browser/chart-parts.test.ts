import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { describe, expect, test } from "vitest";
import { browserPath, TestBrowser } from "./browser.js";

const page = fileURLToPath(new URL("../../../page/", import.meta.url));
const parts: { chartParts: Plugin; chartPartsOf: (whole: string) => string } = await import(
  `${page}chart-parts.mjs`
);

/** A program that draws one chart and leaves it, with what the pointer is at, for the test. */
const program = `
import { DrawnChart } from "./bot/drawn-chart.js";
import { ZoneClock } from "./frame/time-text.js";
globalThis.draw = ({ zone, ...drawing }) => {
  const root = document.createElement("div");
  root.className = "chart";
  root.style.width = "700px";
  document.body.replaceChildren(root);
  globalThis.pointed = null;
  globalThis.chart = new DrawnChart(root, {
    width: 700, height: 150, clock: new ZoneClock(zone), text: (value) => value.toFixed(1) + " MB",
    onPointed: (index) => { globalThis.pointed = index; },
  });
  globalThis.chart.show(drawing);
};`;

async function programWith(plugins: Plugin[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: page },
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    plugins,
  });
  return outputFiles[0]?.text ?? "";
}

const hourMs = 3_600_000;
const startMs = Date.parse("2026-03-28T20:17:00Z");

/** `count` buckets over `spanMs`, every seventh of them empty, one alone between two empty ones. */
function drawing(zone: string, spanMs: number, count: number, size = 1) {
  const at = Array.from({ length: count }, (_, i) => i);
  const isEmpty = (i: number) => i % 7 === 3 || i === 5;
  const mean = (i: number) => size * (120 + 80 * Math.sin(i / 9) + (i % 5));
  return {
    zone,
    fromMs: startMs,
    toMs: startMs + spanMs,
    timesMs: at.map((i) => startMs + (i * spanMs) / Math.max(1, count)),
    measures: at.map((i) =>
      isEmpty(i) ? null : { mean: mean(i), least: mean(i) * 0.9, most: mean(i) * 1.3 },
    ),
  };
}

const drawings = {
  "a day over the change of the clock": drawing("Europe/Berlin", 24 * hourMs, 300),
  "an hour": drawing("UTC", hourMs, 120, 0.01),
  "a week where half hours count": drawing("Asia/Kolkata", 168 * hourMs, 300, 1_000),
  "a month": drawing("America/New_York", 31 * 24 * hourMs, 300),
  "one point": drawing("UTC", 24 * hourMs, 1),
  nothing: drawing("UTC", 24 * hourMs, 0),
  "no sample": { ...drawing("UTC", 24 * hourMs, 50), measures: Array.from({ length: 50 }, () => null) },
};

describe.skipIf(browserPath === null)("the parts of uPlot that the page has", () => {
  const browser = TestBrowser.forFile();

  test("draw the same pixels as the whole, and follow the pointer, the width and the colours as it does [page/R30] [page/R14]", async () => {
    const tabs = [];
    for (const plugins of [[parts.chartParts], []]) {
      const tab = await browser.open("about:blank");
      await tab.page.addStyleTag({ path: `${page}page.css` });
      await tab.page.addScriptTag({ content: await programWith(plugins) });
      tabs.push(tab);
    }
    const seen = new Set<string>();
    for (const [name, what] of Object.entries(drawings)) {
      const found = [];
      for (const tab of tabs) {
        const picture = async () => {
          // What is not said in a batch is drawn after the present step.
          await tab.value("new Promise((resolve) => requestAnimationFrame(resolve))");
          return await tab.value("document.querySelector('canvas').toDataURL()");
        };
        await tab.value(`draw(${JSON.stringify(what)})`);
        const drawn = [await picture()];
        const pointed = [];
        for (const x of [100, 333, 690, 20]) {
          await tab.page.mouse.move(x, 60);
          pointed.push(await tab.value("pointed"));
        }
        // Other widths and data below the pointer, and after it has left.
        await tab.value("chart.widen(600)");
        drawn.push(await picture());
        await tab.value(`chart.show(${JSON.stringify({ ...what, measures: what.measures.toReversed() })})`);
        drawn.push(await picture());
        pointed.push(await tab.value("pointed"));
        const shape = `[...document.querySelectorAll(".u-wrap, .u-over, .u-cursor-x, .u-axis")]
          .map((one) => one.className + one.style.cssText).join()`;
        const shapes = [await tab.value(shape)];
        await tab.page.mouse.move(100, 400);
        pointed.push(await tab.value("pointed"));
        await tab.value("chart.widen(430)");
        drawn.push(await picture());
        await tab.value("document.querySelector('body > div').style.stroke = 'red'; chart.redraw()");
        drawn.push(await picture());
        shapes.push(await tab.value(shape));
        await tab.value("chart.end()");
        expect(await tab.value("document.querySelectorAll('canvas').length")).toBe(0);
        found.push({ drawn, pointed, shapes });
        for (const one of drawn) seen.add(one);
      }
      expect(found[0], name).toEqual(found[1]);
      if (what.timesMs.length > 100) {
        expect(found[0]?.pointed.slice(0, 3).every((index) => index !== null)).toBe(true);
        expect(new Set(found[0]?.drawn).size).toBe(5);
      }
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  test("are cut from one text of uPlot, and the build fails where it is another [page/R30]", () => {
    const require = createRequire(`${page}main.tsx`);
    const whole = readFileSync(require.resolve("uplot/dist/uPlot.esm.js"), "utf8");
    expect(parts.chartPartsOf(whole).length).toBeLessThan(0.7 * whole.length);
    for (const other of [`${whole} `, whole.replace("const FEAT_TIME", "const FEAT_TIMES"), ""])
      expect(() => parts.chartPartsOf(other)).toThrow(
        /uPlot has another text .*look at page\/chart-parts\.mjs/,
      );
  });
});
