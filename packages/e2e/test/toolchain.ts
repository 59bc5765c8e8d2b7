import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A language whose programs the documentation shows, and what it takes to run one. */
interface Toolchain {
  /** A command that succeeds where the toolchain is on this machine. */
  readonly probe: readonly string[];
  readonly file: string;
  /** What turns the file into a program, where that is needed. */
  readonly build?: (file: string) => readonly string[];
  readonly run: (file: string) => readonly string[];
}

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
} satisfies Record<string, Toolchain>;

export type ToolchainName = keyof typeof toolchains;

/** Whether the language can be run here; says on the screen what is not tested where it cannot. */
export function isInstalled(name: ToolchainName): boolean {
  const [command = "", ...args] = toolchains[name].probe;
  if (spawnSync(command, args).status === 0) return true;
  console.warn(`SKIPPED: no ${name} on this machine (${command}); its snippets are not tested.`);
  return false;
}

/** Writes the program into the folder, builds it where needed, and gives the command that runs it. */
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
