import { Child, type Exit } from "@kissbot/testkit";

export interface ProgramRun extends Exit {
  readonly pid: number;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** After this the program is killed. */
  readonly limitMs: number;
}

/**
 * Runs a program to its end, without standard input, in the tests' own environment: toolchains are
 * found by it.
 */
export async function runProgram(
  [command = "", ...args]: readonly string[],
  { cwd, env = {}, limitMs }: ProgramOptions,
): Promise<ProgramRun> {
  const child = new Child(command, args, { folder: cwd, env: { ...environment, ...env }, limitMs });
  return { pid: child.pid, ...(await child.exited) };
}

/** Without what a runner or a person set for other programs. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => name !== "KISSBOT_MONITOR_SOCKET" && name !== "NODE_OPTIONS",
  ),
) as Record<string, string>;
