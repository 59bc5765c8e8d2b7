// `node .ci/read-database.mjs PATH`: opens a database with the built store, which brings it to the
// present schema, and prints every kind of record in it as JSON. Nothing is forgotten by it,
// however old the records are.
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { root } from "./pnpm.mjs";

const { openStore } = await import(pathToFileURL(join(root, "packages/store/dist/index.js")).href);
const store = await openStore(process.argv[2]);
try {
  const bots = await store.fleet();
  const changes = await store.statusHistory();
  const times = changes.map(({ tsMs }) => tsMs);
  const period = { fromMs: Math.min(...times) - 60_000, toMs: Math.max(...times) + 600_000 };
  const { series } = await store.metricSeries(period);
  const metric = { channel: "release/bot", metricName: "queue_length", ...period };
  const custom = await store.customSeries(metric);
  const samplesIn = (points) => points.reduce((sum, { samples }) => sum + samples, 0);
  const usage = await store.usageTotals({ ...period, groupBy: ["channel", "model", "feature"] });
  const records = {
    bots,
    changes,
    usage: [...usage],
    samples: series.map(({ channel, points }) => ({ channel, samples: samplesIn(points) })),
    custom: samplesIn(custom.points),
  };
  process.stdout.write(`${JSON.stringify(records, null, 2)}\n`);
} finally {
  await store.close();
}
