import { spawn } from "node:child_process";

/** How a program ended. */
export interface ProgramRun {
  readonly pid: number;
  /** The exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it had to be killed, since it did not end within its time. */
  readonly late: boolean;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** After this the program is killed. */
  readonly limitMs: number;
}

/** Runs a program to its end, without standard input. Rejects only where it cannot be started. */
export function runProgram(
  [command = "", ...args]: readonly string[],
  { cwd, env = {}, limitMs }: ProgramOptions,
): Promise<ProgramRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let late = false;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const limit = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limitMs);
    child.once("error", (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(limit);
      resolve({ pid: child.pid as number, code, stdout, stderr, late });
    });
  });
}

/** The tests' own environment without what a runner or a person set for other programs. */
const environment: NodeJS.ProcessEnv = { ...process.env };
delete environment["KISSBOT_MONITOR_SOCKET"];
delete environment["NODE_OPTIONS"];
