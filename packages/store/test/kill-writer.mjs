// Run by kill.test.ts: writes batches until it is killed, each of them twice, and prints the number
// of each that was acknowledged. argv: dist, database, epoch.
const [dist, path, epoch] = process.argv.slice(2);
const { openStore } = await import(dist);
const base = Date.UTC(2026, 4, 20, 12);
// The rows are of that day: a maintenance by the real clock would delete what is counted
// afterwards.
const store = await openStore(path, { now: () => base });
const row = (seq, i) => ({
  tsMs: base + (seq * 7 + i) * 1000,
  channel: `c${i % 5}`,
  model: "m",
  feature: "f",
});
const batch = (seq) => ({
  producer: "kill",
  epoch: Number(epoch),
  seq,
  llmUsage: Array.from({ length: 40 }, (_, i) => ({
    ...row(seq, i),
    tokensIn: seq + 1,
    tokensOut: 1,
    costUsd: 0.25,
    latencyMs: i % 8 === 0 ? null : 1.5 ** ((seq + i) % 30),
  })),
  botMetrics: Array.from({ length: 10 }, (_, i) => {
    const { tsMs, channel } = row(seq, i);
    return { tsMs, channel, pid: 1, rssMb: seq / 4, cpuPct: i / 4, featuresJson: "{}" };
  }),
});
process.stdout.write("ready\n");
for (let seq = 0; ; seq++) {
  const twice = [store.write(batch(seq)), store.write(batch(seq))];
  if (seq % 20 === 19) twice.push(store.maintain());
  const outcomes = (await Promise.all(twice)).slice(0, 2).sort();
  if (outcomes.join() !== "applied,duplicate") throw new Error(`batch ${seq}: ${outcomes}`);
  process.stdout.write(`${seq}\n`);
}
