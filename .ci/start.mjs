// `npm start`: install, build and run. Until the monitor itself is here, what runs is the protocol's listener.
import process from "node:process";
import { install } from "./install.mjs";
import { assertNode, pnpm, succeeds } from "./pnpm.mjs";

assertNode();
const installed = await install();
if (installed !== 0) process.exit(installed);
console.log("Building.");
const built = await pnpm(["--silent", "--recursive", "--reporter=silent", "run", "build"]);
if (built !== 0) process.exit(built);
console.log("The monitor itself is not in this version. This listener shows what bots send, line by line.\n");
// Ctrl-C goes to the listener, which closes its socket and ends; this process then ends with it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.exit(
  succeeds(process.execPath, ["packages/protocol/examples/node/listen.mjs", ...process.argv.slice(2)])
    ? 0
    : 1,
);
