import { runProgram } from "../../src/cli/program.js";
import { Terminal } from "../../src/cli/terminal.js";
import type { Environment } from "../../src/config/given-value.js";

export interface ProgramRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramRunOptions {
  readonly environment?: Environment;
  /** A terminal so wide; absent: no terminal. */
  readonly columns?: number;
  readonly nowMs?: number;
}

class Recording {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns?: number) {
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 80;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

/** Runs one command line in this process. Only what is given stands in its environment. */
export async function run(argv: readonly string[], options: ProgramRunOptions = {}): Promise<ProgramRun> {
  const { environment = {}, columns, nowMs } = options;
  const [stdout, stderr] = [new Recording(columns), new Recording()];
  const terminal = new Terminal({ stdout, stderr, environment });
  // No monitor that happens to run on this machine is found, unless a test says where.
  const surroundings = { KISSBOT_MONITOR_STATE_FILE: "off", ...environment };
  const context = {
    terminal,
    environment: surroundings,
    nowMs: nowMs === undefined ? Date.now : () => nowMs,
  };
  const code = await runProgram(argv, context);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
