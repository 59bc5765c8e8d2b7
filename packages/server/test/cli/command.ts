import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type Exit } from "@kissbot/testkit";

/** The command as it is shipped. */
export const mainScript = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist", "main.js");

export interface CommandOptions {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  /** What a shell runs in the place of the command, which is "$@": `exec "$@" 2>/dev/full`. */
  readonly shell?: string;
}

/**
 * One run of the built command, in a folder of its own and without settings of ours from the
 * outside.
 */
export function startCommand(
  args: readonly string[],
  { folder, env = {}, nodeFlags = [], shell }: CommandOptions,
): Child {
  const options = { folder, env: { TMPDIR: folder, ...env }, stdin: true };
  const line = [...nodeFlags, mainScript, ...args];
  if (shell === undefined) return Child.node(line, options);
  return new Child("/bin/sh", ["-c", shell, "sh", process.execPath, ...line], options);
}

/** Runs one command to its end. */
export function runCommand(args: readonly string[], options: CommandOptions): Promise<Exit> {
  return startCommand(args, options).exited;
}

export interface Monitor {
  readonly child: Child;
  readonly socketPath: string;
  readonly store: string;
  /** Flags that let another command find it. */
  readonly at: readonly string[];
}

/** A monitor in the folder, with a port of its own; resolves when it runs. */
export async function startMonitor(
  folder: string,
  more: readonly string[] = [],
  nodeFlags: readonly string[] = [],
  options: Pick<CommandOptions, "env" | "shell"> = {},
): Promise<Monitor> {
  const [socketPath, store] = [join(folder, "kb.sock"), join(folder, "kb.db")];
  const args = ["start", "--socket", socketPath, "--store", store, "--http", "0", "--json", ...more];
  const child = startCommand(args, { folder, nodeFlags, ...options });
  // The only object that it prints is closed by a brace of its own line.
  await child.prints("\n}\n", 60_000);
  const { http } = JSON.parse(child.stdout) as { http: string };
  return { child, socketPath, store, at: ["--http", http.replace("http://", ""), "--store", store] };
}

/** The processes whose command line has this text. Linux alone shows them like this. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(join("/proc", pid, "cmdline"), "utf8").includes(text);
      } catch {
        // It has just ended.
        return false;
      }
    })
    .map(Number);
}
