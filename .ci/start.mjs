// `npm start [-- --flag …]` and `npm run demo`: install, build, and run the monitor's command, whose end is this one's.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { install } from "./install.mjs";
import { assertNode, pnpm } from "./pnpm.mjs";

assertNode();
const installed = await install();
if (installed !== 0) process.exit(installed);
console.log("Building.");
const built = await pnpm([
  "--silent",
  "--recursive",
  "--reporter=silent",
  "--filter",
  "@kissbot/server...",
  "run",
  "build",
]);
if (built !== 0) process.exit(built);
console.log("");

const [command = "start", ...flags] = process.argv.slice(2);
const child = spawn(process.execPath, ["packages/server/dist/main.js", command, ...flags], {
  stdio: "inherit",
});
// Ctrl-C reaches the whole process group; what is sent to this process alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
