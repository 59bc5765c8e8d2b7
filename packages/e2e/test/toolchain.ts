import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./document.js";

/** A language whose programs the documentation shows, and what it takes to run one. */
interface Toolchain {
  /** A command that succeeds where the toolchain is on this machine. */
  readonly probe: readonly string[];
  readonly file: string;
  /** What turns the file into a program, where that is needed. */
  readonly build?: (file: string) => readonly string[];
  readonly run: (file: string) => readonly string[];
}

const tsc = join(root, "packages/e2e/node_modules/typescript/bin/tsc");
const types = join(root, "packages/e2e/node_modules/@types");

const toolchains = {
  python: { probe: ["python3", "--version"], file: "snippet.py", run: (file) => ["python3", file] },
  rust: {
    probe: ["rustc", "--version"],
    file: "snippet.rs",
    build: (file) => ["rustc", "--edition=2021", "-D", "warnings", "-o", `${file}.out`, file],
    run: (file) => [`${file}.out`],
  },
  go: {
    probe: ["go", "version"],
    file: "snippet.go",
    build: (file) => ["go", "build", "-o", `${file}.out`, file],
    run: (file) => [`${file}.out`],
  },
  js: {
    probe: [process.execPath, "--version"],
    file: "snippet.mjs",
    run: (file) => [process.execPath, file],
  },
  // Checked as a user's strict compiler would, so a type that the documentation promises is there.
  ts: {
    probe: [process.execPath, tsc, "--version"],
    file: "snippet.mts",
    build: (file) => [
      process.execPath,
      tsc,
      "--strict",
      "--skipLibCheck",
      "--module",
      "nodenext",
      "--typeRoots",
      types,
      file,
    ],
    run: (file) => [process.execPath, file.replace(/mts$/, "mjs")],
  },
} satisfies Record<string, Toolchain>;

export type ToolchainName = keyof typeof toolchains;

/** Whether the language can be run here; says on the screen what is not tested where it cannot. */
export function isInstalled(name: ToolchainName): boolean {
  const [command = "", ...args] = toolchains[name].probe;
  if (spawnSync(command, args).status === 0) return true;
  console.warn(`SKIPPED: no ${name} on this machine (${command}); its snippets are not tested.`);
  return false;
}

/**
 * Writes the program into the folder, builds it where needed, and gives the command that runs it.
 */
export function commandOf(name: ToolchainName, text: string, folder: string): readonly string[] {
  const toolchain: Toolchain = toolchains[name];
  const file = join(folder, toolchain.file);
  writeFileSync(file, text);
  if (toolchain.build !== undefined) {
    const [command = "", ...args] = toolchain.build(file);
    const built = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
    if (built.status !== 0) throw new Error(`${command} ${args.join(" ")}:\n${built.stdout}${built.stderr}`);
  }
  return toolchain.run(file);
}

/**
 * The tool that a shell block needs and this machine lacks, if any. Some netcats know no Unix
 * sockets.
 */
export function shellToolMissingFor(text: string): string | undefined {
  if (/\bnc -U -N\b/.test(text)) {
    const { stdout, stderr } = spawnSync("nc", ["-h"], { encoding: "utf8" });
    if (!/-[A-Za-z]*U/.test(`${stdout}${stderr}`) || !/\s-N\b/.test(`${stdout}${stderr}`))
      return "nc with -U and -N";
  }
  return text.includes("python3") && !isInstalled("python") ? "python3" : undefined;
}
