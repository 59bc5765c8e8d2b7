// Holds a lock until it is killed, though nothing here refers to it: node file-lock-holder.mjs DIST
// PATH
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const [, , dist, path] = process.argv;
const { takeFileLock } = await import(dist);
const { kind } = takeFileLock(path);
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
for (let round = 0; round < 3; round++) {
  await new Promise(setImmediate);
  collectGarbage();
}
console.log(kind);
setInterval(() => undefined, 60_000);
