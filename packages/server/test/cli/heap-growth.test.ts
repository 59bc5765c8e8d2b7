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
 * thousands of bots connect.
 */
const connect = `
  const { getHeapSpaceStatistics: spaces } = await import("node:v8");
  const { Worker } = await import("node:worker_threads");
  await new Promise((resolve) => new Worker("", { eval: true }).once("exit", resolve));
  const youngMb = () => spaces().find((one) => one.space_name === "new_space").space_size / 1_048_576;
  async function connect() {
    let live = [];
    let most = 0;
    for (let turn = 0; turn < 1_000; turn++) {
      for (let i = 0; i < 2_000; i++) live.push({ turn, list: [i] });
      if (live.length > 200_000) live = live.slice(100_000);
      most = Math.max(most, youngMb());
      await new Promise(setImmediate);
    }
    return most;
  }
  const first = await connect();
`;

/** A quiet time, in which V8 takes room back. */
const rest = `
  for (const endMs = performance.now() + 30_000; youngMb() > 2 && performance.now() < endMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc();
  }
  const quiet = youngMb();
`;

function printedBy<Printed>(script: string): Printed {
  const args = ["--expose-gc", "--input-type=module", "--eval", script];
  return JSON.parse(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout) as Printed;
}

async function bounded(script: string): Promise<string> {
  const source = readFileSync(new URL("../../src/cli/heap-growth.ts", import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "ts" });
  return `${code}\nboundHeapGrowth();\n${script}`;
}

test("a heap whose growth is bounded stays at three quarters of what it would be, or less", async () => {
  const unbounded = printedBy<number>(churn);
  const ours = printedBy<number>(await bounded(churn));
  expect(unbounded).toBeGreaterThan(1.5);
  expect(ours).toBeGreaterThan(1);
  expect(ours).toBeLessThan(0.75 * unbounded);
});

test("new objects get three quarters of the room that they would, or less, also after a quiet time", async () => {
  const unbounded = printedBy<number>(`${connect} console.log(first);`);
  const [first, quiet, again] = printedBy<[number, number, number]>(
    await bounded(`${connect} ${rest} console.log(JSON.stringify([first, quiet, await connect()]));`),
  );
  expect(unbounded).toBeGreaterThanOrEqual(32);
  expect(quiet).toBeLessThanOrEqual(2);
  for (const ours of [first, again]) {
    expect(ours).toBeGreaterThan(4);
    expect(ours).toBeLessThanOrEqual(0.75 * unbounded);
  }
}, 60_000);
