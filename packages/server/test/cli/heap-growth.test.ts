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

/** Many objects that live for some turns, as when thousands of bots connect. */
const connect = `
  const { getHeapSpaceStatistics: spaces } = await import("node:v8");
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

/** A thread starts and ends, as the store's may at any time. */
const thread = `{
  const { Worker } = await import("node:worker_threads");
  await new Promise((resolve) => new Worker("", { eval: true }).once("exit", resolve));
}`;

/** A quiet time, in which V8 takes room back. */
const rest = `
  for (const endMs = performance.now() + 30_000; youngMb() > 2 && performance.now() < endMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc();
  }
  const quiet = youngMb();
`;

/** Up to 64 MB for new objects, as Node 24 has by itself on a machine with much memory. */
function printedBy<Printed>(script: string): Printed {
  const args = ["--expose-gc", "--max-semi-space-size=32", "--input-type=module", "--eval", script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Printed;
}

/** The script in a heap that is bounded, as where Node is started without a size. */
async function bounded(script: string): Promise<string> {
  const source = readFileSync(new URL("../../src/cli/heap-growth.ts", import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "ts" });
  return `${code}\nprocess.execArgv.length = 0;\nawait loadWithBoundHeap(async () => undefined);\n${script}`;
}

test("a heap whose growth is bounded stays at three quarters of what it would be, or less", async () => {
  const unbounded = printedBy<number>(churn);
  const ours = printedBy<number>(await bounded(churn));
  expect(unbounded).toBeGreaterThan(1.5);
  expect(ours).toBeGreaterThan(1);
  expect(ours).toBeLessThan(0.75 * unbounded);
});

test.each([
  ["", ""],
  [", with threads", thread],
])(
  "the room for new objects stays at three quarters of what it may be, or less, also after a quiet time%s",
  async (_, before) => {
    const unbounded = printedBy<number>(`${before} ${connect} console.log(first);`);
    const [first, quiet, again] = printedBy<[number, number, number]>(
      await bounded(
        `${before} ${connect} ${rest} ${before} console.log(JSON.stringify([first, quiet, await connect()]));`,
      ),
    );
    expect(unbounded).toBeGreaterThanOrEqual(32);
    expect(quiet).toBeLessThanOrEqual(2);
    for (const ours of [first, again]) {
      expect(ours).toBeGreaterThan(4);
      expect(ours).toBeLessThanOrEqual(0.75 * unbounded);
    }
  },
);

test("a size of the young generation that is given when Node starts is kept", async () => {
  const source = (await bounded(`${connect} console.log(first);`)).replace(
    "process.execArgv.length = 0;",
    "",
  );
  expect(printedBy<number>(source)).toBeGreaterThanOrEqual(
    0.75 * printedBy<number>(`${connect} console.log(first);`),
  );
});
