// `npm start`: install, build and run.
import process from "node:process";
import { assertNode, install, pnpm, root, succeeds } from "./pnpm.mjs";

assertNode();
const installed = await install();
if (installed !== 0) process.exit(installed);
console.log("Building.");
const built = await pnpm(["--silent", "run", "build"]);
if (built !== 0) process.exit(built);
console.log(`Installed and built in ${root}.`);
process.exit(
  succeeds(process.execPath, ["packages/protocol/examples/node/listen.mjs", ...process.argv.slice(2)])
    ? 0
    : 1,
);
