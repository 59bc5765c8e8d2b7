// Run by cost-kill.test.ts: writes calls that are told, priced or of unknown cost, and reprices the
// last, until it is killed. For each turn that was acknowledged it prints the ids that it repriced.
// argv: dist, database, epoch.
const [dist, path, epoch] = process.argv.slice(2);
const { openStore } = await import(dist);
const hourMs = 3_600_000;
const base = Date.UTC(2026, 4, 20, 12);
// The rows are of these days: a maintenance by the real clock would delete them.
const store = await openStore(path, { now: () => base });
let next = 0;
const batch = (records) => ({ producer: "kill", epoch: Number(epoch), seq: next++, ...records });

/** Sixty-fourths add up exactly, in any order. */
const costOf = {
  told: (i) => ({ costUsd: i / 64 }),
  priced: (i) => ({ costUsd: i / 64, priceId: 1 }),
  unknown: () => ({}),
};
const kinds = ["told", "priced", "unknown"];
const call = (turn, i) => ({
  tsMs: base - ((turn * 5 + i) % 50) * hourMs + ((turn * 37 + i * 11) % 3_600) * 1_000,
  channel: `c${i % 2}`,
  // Three models of one kind each, and one of all of them.
  model: `m${i % 4}`,
  feature: `f${turn % 2}`,
  tokensIn: (turn * 7 + i) % 900,
  tokensOut: i,
  ...costOf[kinds[i % 4 === 3 ? (turn + i) % 3 : i % 4]](i),
});

/** Goes through all calls again and again; of those without a cost, every second gets one. */
let after = null;
async function repricings() {
  const page = await store.usagePage({ limit: 120, after });
  after = page.next;
  return page.rows
    .filter(({ id, costUsd }) => costUsd === null && id % 2 === 0)
    .map(({ id }) => ({ usageId: id, costUsd: (id % 64) / 64, priceId: 2 }));
}

process.stdout.write("ready\n");
for (let turn = 0; ; turn++) {
  const repriced = await repricings();
  await Promise.all([
    store.write(batch({ llmUsage: Array.from({ length: 40 }, (_, i) => call(turn, i)) })),
    store.write(batch({ repricings: repriced })),
    // Twice changes nothing.
    store.write(batch({ repricings: repriced })),
    turn % 4 === 3 ? store.maintain() : null,
  ]);
  process.stdout.write(`${repriced.map(({ usageId }) => usageId).join(" ")}\n`);
}
