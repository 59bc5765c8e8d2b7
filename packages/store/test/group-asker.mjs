// Asks for the largest groups of usage, and writes what it got.
import process from "node:process";
import { openStore } from "../dist/index.js";

const [, , path, top] = process.argv;
const store = await openStore(path);
const list = await store.usageList({
  fromMs: 0,
  toMs: Date.now(),
  groupBy: ["channel", "model", "feature", "hour"],
  orderBy: "tokens",
  top: Number(top),
});
let costUsd = 0;
let first = null;
for (const total of list) {
  first ??= total.feature;
  costUsd += total.costUsd;
}
await store.close();
process.stdout.write(JSON.stringify({ length: list.length, costUsd, first }));
