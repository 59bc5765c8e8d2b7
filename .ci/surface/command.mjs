import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { root } from "../pnpm.mjs";

const script = join(root, "packages", "server", "dist", "main.js");
/** A command that hangs is a fault of its own, and must not hang the gate. */
const longestMs = 180_000;
/** None outlives this process, which a failure ends before the others are done. */
const running = new Set();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts the built command in a folder, without settings from the outside; it looks as installed,
 * so that its texts are the same everywhere.
 */
export function startCommand(args, folder) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", TMPDIR: folder, XDG_RUNTIME_DIR: folder, TZ: "UTC" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const told = { stdout: "", stderr: "" };
  child.stdin.on("error", () => {});
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      told[name] += text;
    });
  }
  const late = setTimeout(() => child.kill("SIGKILL"), longestMs);
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(late);
      running.delete(child);
      resolve({ code, signal, ...told });
    });
  });
  return { child, told, ended };
}

/** Runs the built command to its end. */
export function runCommand(args, folder) {
  return startCommand(args, folder).ended;
}

/**
 * A monitor in the folder with a free port; resolves when it runs, with what it said and with the
 * flags under which others find it.
 */
export async function startMonitor(folder, more = []) {
  const [socket, store] = [join(folder, "kb.sock"), join(folder, "kb.db")];
  const started = startCommand(
    ["start", "--socket", socket, "--store", store, "--http", "0", "--json", ...more],
    folder,
  );
  const said = await new Promise((resolve, reject) => {
    started.child.stdout.on("data", () => {
      if (started.told.stdout.endsWith("}\n")) resolve(JSON.parse(started.told.stdout));
    });
    void started.ended.then(({ stderr }) => reject(new Error(`the monitor ended: ${stderr}`)));
  });
  const stop = (signal = "SIGTERM") => {
    started.child.kill(signal);
    return started.ended;
  };
  return { said, socket, store, at: ["--http", said.http.replace("http://", ""), "--store", store], stop };
}
