// Run by open-file.test.ts, eight at once: opens a store, writes one row, closes. argv: dist,
// database, number.
const [dist, path, number] = process.argv.slice(2);
const { openStore } = await import(dist);
const store = await openStore(path, { onEvent: ({ kind }) => console.log(kind) });
const row = { tsMs: Date.now(), channel: number, model: "m", feature: "f", tokensIn: 1, tokensOut: 1 };
await store.write({ producer: number, epoch: 1, seq: 1, llmUsage: [row] });
await store.close();
