// `node numbered-writer.mjs URL FIRST LAST`: writes these batches and prints the number of each
// when it is stored.
import process from "node:process";
import { openStore } from "@kissbot/store";
import { numberedBatch } from "./numbered-batch.mjs";

const [url, first, last] = process.argv.slice(2);
const store = await openStore(url);
for (let seq = Number(first); seq <= Number(last); seq++) {
  await store.write(numberedBatch(seq));
  console.log(JSON.stringify(seq));
}
await store.close();
