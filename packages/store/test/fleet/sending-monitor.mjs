// `node sending-monitor.mjs PATH URL NAME [quiet]`: has the database open and sends it to the
// fleet's; without `quiet` 50 bots write to it until it is killed. A line for each commit.
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "@kissbot/store";
import { startForwarding } from "@kissbot/store/fleet";

const [path, fleet, name, mode] = process.argv.slice(2);
const store = await openStore(path);
startForwarding({ store: path, fleet, name, backlogRowsPerSecond: 1e6 });
const epoch = Date.now();
const channels = Array.from({ length: 50 }, (_, i) => `bot ${i}`);
console.log(JSON.stringify(0));
for (let seq = 1; mode !== "quiet"; seq++) {
  const tsMs = Date.now();
  await store.write({
    producer: "monitor",
    epoch,
    seq,
    llmUsage: channels.map((channel, i) => ({
      tsMs,
      channel,
      model: `model ${i % 3}`,
      feature: "chat",
      tokensIn: 1 + ((seq * 50 + i) % 1_000),
      tokensOut: 1,
    })),
    botMetrics: channels.map((channel) => ({
      tsMs,
      channel,
      pid: 1,
      rssMb: seq,
      cpuPct: 1,
      featuresJson: "{}",
    })),
    customMetrics: channels.slice(0, 5).map((channel) => ({ tsMs, channel, metricName: "m", value: seq })),
    statusChanges: [{ tsMs, channel: "bot 1", pid: seq, from: null, to: "online", cause: "registered" }],
  });
  console.log(JSON.stringify(seq));
  await delay(40);
}
await new Promise(() => setInterval(() => undefined, 60_000));
