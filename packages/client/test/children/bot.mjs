// A bot in a process of its own: `node bot.mjs SOCKET RUN_MS [flush]`. It reports as fast as a busy
// bot would and checks the sum at every call. Its work is done after that time and at least 300
// rounds, so that a busy machine makes it slower and not idle, or at SIGUSR2. It prints a line of
// JSON when it has filled its buffer and one when its work is done, and ends by itself; with
// `flush` it waits before until everything is sent.
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { MonitorClient } from "@kissbot/client";

const [socketPath, runMs, flush] = process.argv.slice(2);
const leastRounds = 300;
let told = false;
process.on("SIGUSR2", () => {
  told = true;
});
const client = new MonitorClient("bot", process.pid, { socketPath });
const report = {
  calls: 0,
  wrongSums: 0,
  rejections: 0,
  trues: 0,
  latePromises: 0,
  heapGrowthMb: 0,
  slowMs: [],
};
process.on("unhandledRejection", () => report.rejections++);

const durationsMs = [];
function call(make) {
  const started = performance.now();
  const promise = make();
  durationsMs.push(performance.now() - started);
  report.calls++;
  check();
  return promise.then((sent) => {
    if (sent) report.trues++;
  });
}

function check() {
  const { sent, superseded, waiting, dropped } = client.stats();
  const sum = sent + superseded + waiting + Object.values(dropped).reduce((a, b) => a + b, 0);
  if (sum !== report.calls) report.wrongSums++;
}

await call(() => client.register({ chat: true }));
const started = performance.now();
globalThis.gc?.();
const heapBefore = process.memoryUsage().heapUsed;
let value = 0;
let filled = false;
const isDone = (round) => told || (round >= leastRounds && performance.now() - started >= Number(runMs));
for (let round = 0; !isDone(round); round++) {
  const promises = [];
  for (let i = 0; i < 10; i++) promises.push(call(() => client.logMetric("value", ++value)));
  if (round % 20 === 0) promises.push(call(() => client.heartbeat()));
  if (round % 50 === 0) promises.push(call(() => client.logMetric("", value)));
  let kept = false;
  void Promise.all(promises).then(() => {
    kept = true;
  });
  await new Promise(setImmediate);
  if (!kept) report.latePromises++;
  check();
  await delay(4);
  check();
  if (!filled && client.stats().waiting > 500) {
    filled = true;
    writeSync(1, `${JSON.stringify({ filled })}\n`);
  }
}
durationsMs.sort((a, b) => a - b);
report.p99Ms = durationsMs[Math.floor(0.99 * durationsMs.length)];
durationsMs.length = 0;
globalThis.gc?.();
report.heapGrowthMb = (process.memoryUsage().heapUsed - heapBefore) / 1_048_576;
if (flush === "flush") await client.flush({ timeoutMs: 20_000 });
report.stats = client.stats();
report.endedAt = Date.now();
writeSync(1, `${JSON.stringify(report)}\n`);
