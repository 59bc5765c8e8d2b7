// A bot in a process of its own: `node bot.mjs SOCKET RUN_MS`. It reports as fast as a busy bot would, checks the sum at every call,
// prints one line of JSON when its work is done, and then ends by itself.
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { MonitorClient } from "@kissbot/client";

const [socketPath, runMs] = process.argv.slice(2);
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
for (let round = 0; performance.now() - started < Number(runMs); round++) {
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
}
durationsMs.sort((a, b) => a - b);
report.p99Ms = durationsMs[Math.floor(0.99 * durationsMs.length)];
durationsMs.length = 0;
globalThis.gc?.();
report.heapGrowthMb = (process.memoryUsage().heapUsed - heapBefore) / 1_048_576;
report.stats = client.stats();
report.endedAt = Date.now();
writeSync(1, `${JSON.stringify(report)}\n`);
