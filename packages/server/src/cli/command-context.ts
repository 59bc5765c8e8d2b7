import type { Environment } from "../config/given-value.js";
import type { Terminal } from "./terminal.js";

/** What every command gets. A command returns its exit code; the program prints what it throws. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly nowMs: () => number;
  /**
   * Set by a command that must end for certain, whatever its threads do: ends the process with this
   * code.
   */
  end?: (code: number) => Promise<never>;
}

export const exitCodes = { ok: 0, problem: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Options as commander hands them over. */
export type Options = Readonly<Record<string, unknown>>;
