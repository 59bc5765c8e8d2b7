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

/**
 * A thread starts, as the store's do, and then come many objects that live for some turns, as when
 * thousands of bots connect: the most MB that new objects get.
 */
const connect = `
  const { getHeapSpaceStatistics: spaces } = await import("node:v8");
  const { Worker } = await import("node:worker_threads");
  await new Promise((resolve) => new Worker("", { eval: true }).once("exit", resolve));
  let live = [];
  let most = 0;
  for (let turn = 0; turn < 1_000; turn++) {
    for (let i = 0; i < 2_000; i++) live.push({ turn, list: [i] });
    if (live.length > 200_000) live = live.slice(100_000);
    const { space_size: bytes } = spaces().find((one) => one.space_name === "new_space");
    most = Math.max(most, bytes / 1_048_576);
    await new Promise(setImmediate);
  }
  console.log(most);
`;

function printedBy(script: string): number {
  const args = ["--expose-gc", "--input-type=module", "--eval", script];
  return Number(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout);
}

async function bounded(script: string): Promise<string> {
  const source = readFileSync(new URL("../../src/cli/heap-growth.ts", import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "ts" });
  return `${code}\nboundHeapGrowth();\n${script}`;
}

test("a heap whose growth is bounded stays at three quarters of what it would be, or less", async () => {
  const unbounded = printedBy(churn);
  const ours = printedBy(await bounded(churn));
  expect(unbounded).toBeGreaterThan(1.5);
  expect(ours).toBeGreaterThan(1);
  expect(ours).toBeLessThan(0.75 * unbounded);
});

test("the room for new objects stays at half of what it would be, or less", async () => {
  const unbounded = printedBy(connect);
  const ours = printedBy(await bounded(connect));
  expect(unbounded).toBeGreaterThanOrEqual(32);
  expect(ours).toBeGreaterThan(4);
  expect(ours).toBeLessThanOrEqual(unbounded / 2);
});
