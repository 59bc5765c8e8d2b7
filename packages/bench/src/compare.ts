import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  ArgumentError,
  type ComparisonOrder,
  type ComparisonRun,
  comparedRows,
  comparisonTable,
  orderFrom,
} from "./comparison.js";
import { type Figure, markdownFromTable } from "./table.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Builds this tree and that of a commit, measures both in turn, and prints the ratio of each
 * figure. The commit is measured by the benchmarks of this tree. Resolves with the exit code: 1 if
 * a figure is slower beyond its spread, 2 for a wrong argument.
 */
export async function compare(args: readonly string[], known: readonly string[]): Promise<number> {
  let order: ComparisonOrder;
  let commit: string;
  try {
    order = orderFrom(args, known);
    commit = commitOf(order.ref);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    console.error(error.message);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "kissbot-compare-"));
  // A signal ends what runs at the moment, and with it the comparison; the folder is removed below.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => running?.kill(signal));
  try {
    const theirs = join(folder, "tree");
    await unpack(commit, folder, theirs);
    await build(root);
    await pnpm(theirs, ["install", "--frozen-lockfile", "--prefer-offline"]);
    await build(theirs);
    const runs: ComparisonRun[] = [];
    for (let run = 0; run < order.runs; run++) {
      console.error(`run ${run + 1} of ${order.runs}`);
      // The tree that goes first changes from run to run.
      const trees = run % 2 === 0 ? [root, theirs] : [theirs, root];
      const figures = new Map<string, readonly Figure[]>();
      for (const tree of trees)
        figures.set(tree, await figuresOf(tree, order.parts, join(folder, "figures.json")));
      runs.push({ ours: figures.get(root) ?? [], theirs: figures.get(theirs) ?? [] });
    }
    const rows = comparedRows(runs);
    console.log(markdownFromTable(comparisonTable(rows, order)));
    const slower = rows.filter(({ verdict }) => verdict === "slower");
    for (const { name } of slower) console.error(`slower: ${name}`);
    return slower.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commitOf(ref: string): string {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new ArgumentError(`${ref} is no commit of this repository`);
  return stdout.trim();
}

/** The tree of the commit, with the benchmarks of this one. */
async function unpack(commit: string, folder: string, tree: string): Promise<void> {
  const archive = join(folder, "tree.tar");
  await run("git", ["archive", "--format=tar", `--output=${archive}`, commit], root);
  mkdirSync(tree);
  await run("tar", ["-xf", archive, "-C", tree], root);
  const benchmarks = join("packages", "bench", "src");
  rmSync(join(tree, benchmarks), { recursive: true, force: true });
  cpSync(join(root, benchmarks), join(tree, benchmarks), { recursive: true });
}

function build(tree: string): Promise<void> {
  return pnpm(tree, ["build"]);
}

async function pnpm(tree: string, args: readonly string[]): Promise<void> {
  const { pnpmCommand } = (await import(new URL("../../../.ci/pnpm.mjs", import.meta.url).href)) as {
    pnpmCommand: (args: readonly string[]) => [string, string[]];
  };
  const [command, words] = pnpmCommand(args);
  await run(command, words, tree);
}

async function figuresOf(tree: string, parts: readonly string[], file: string): Promise<readonly Figure[]> {
  rmSync(file, { force: true });
  const script = ["--import", "tsx", "src/bench.ts", ...parts, `--figures=${file}`];
  await run(process.execPath, script, join(tree, "packages", "bench"));
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The command that runs at the moment. */
let running: ChildProcess | undefined;

/**
 * Runs a command to its end; what it prints goes to stderr, so that the result alone is on stdout.
 */
function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", 2, 2] });
    running = child;
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")} ended with ${signal ?? code}`));
    });
  });
}
