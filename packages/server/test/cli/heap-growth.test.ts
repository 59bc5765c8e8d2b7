import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { transform } from "esbuild";
import { expect, test } from "vitest";

/**
 * A heap of which everything is replaced again and again: how many times as large as its live part
 * it becomes.
 */
const churn = `
  const live = Array.from({ length: 200_000 }, (_, i) => ({ i, text: \`bot \${i}\` }));
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  let most = 0;
  for (let round = 0; round < 400; round++) {
    for (let i = 0; i < 5_000; i++) live[(round * 5_000 + i) % live.length] = { i, text: \`bot \${i} of \${round}\` };
    most = Math.max(most, process.memoryUsage().heapUsed);
    await new Promise(setImmediate);
  }
  console.log(most / before);
`;

function growthOf(first: string): number {
  const args = ["--expose-gc", "--input-type=module", "--eval", first + churn];
  return Number(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout);
}

test("a heap whose growth is bounded stays at three quarters of what it would be, or less", async () => {
  const source = readFileSync(new URL("../../src/cli/heap-growth.ts", import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "ts" });
  const unbounded = growthOf("");
  const bounded = growthOf(`${code}\nboundHeapGrowth();\n`);
  expect(unbounded).toBeGreaterThan(1.5);
  expect(bounded).toBeGreaterThan(1);
  expect(bounded).toBeLessThan(0.75 * unbounded);
});
