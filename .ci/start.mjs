// `npm start [-- --flag …]` and `npm run demo`: installs and builds where something changed since
// the last time, and runs the monitor's command, whose end is this one's. What is built starts at
// once: without the network, and in a folder that this user may not write.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { buildCommand } from "./build-command.mjs";
import { stateOfBuild } from "./build-stamp.mjs";
import { folderNotWritable, ownDatabase } from "./checkout-rights.mjs";
import { assertNode, root } from "./pnpm.mjs";
import { processesOfBuild } from "./running-builds.mjs";

const again = "run `npm start` again";

assertNode();
const state = stateOfBuild();
if (!state.fresh) await prepare();

const [command = "start", ...flags] = process.argv.slice(2);
const isVersion = flags.length === 1 && ["--version", "-V"].includes(flags[0]);
const script = join(root, "packages", "server", "dist", "main.js");
const child = spawn(process.execPath, [script, ...(isVersion ? [] : [command]), ...flags], {
  stdio: "inherit",
  // As in the systemd unit and the image: the C library keeps less of the memory that is free.
  env: { MALLOC_ARENA_MAX: "2", ...process.env, ...(command === "start" ? ownDatabase(flags) : {}) },
});
// Ctrl-C reaches the whole process group; what is sent to this process alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));

/**
 * Builds, unless that would harm somebody: then what was built before runs if it is whole, else
 * this ends with a sentence.
 */
async function prepare() {
  const locked = folderNotWritable();
  if (locked !== undefined) {
    end(`${state.reason}, and this user may not write ${locked}: its owner has to run \`npm start\` once.`);
  }
  const [running] = processesOfBuild();
  if (running !== undefined && state.whole) {
    console.error(
      `${state.reason}. Process ${running} runs from what was built before, and so does this. To have the change, stop that process and ${again}.`,
    );
    return;
  }
  if (running !== undefined) {
    end(`${state.reason}, but process ${running} runs from this folder: stop it, and ${again}.`);
  }
  const code = await buildCommand();
  if (code !== 0) process.exit(code);
}

function end(sentence) {
  console.error(sentence);
  process.exit(1);
}
