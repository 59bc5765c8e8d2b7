import process from "node:process";
import type { CommandContext } from "./cli/command-context.js";
import { runProgram } from "./cli/program.js";
import { Terminal } from "./cli/terminal.js";

const terminal = new Terminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env });

process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // What a monitor says on stdout is never worth the monitor.
  if (terminal.whenClosed === "go_on") return;
  // A reader that closed early, such as `head`, has what it wanted: that is no failure.
  if (code === "EPIPE") process.exit(0);
  terminal.note(`error: the answer cannot be written to standard output: ${message}`);
  process.exit(1);
});
// There is nowhere left to say that nothing can be said.
process.stderr.on("error", () => {});

const context: CommandContext = { terminal, environment: process.env, nowMs: Date.now };
try {
  process.exitCode = await runProgram(process.argv.slice(2), context);
} catch (error) {
  if (context.end === undefined) throw error;
  terminal.note(error instanceof Error ? `${error.stack}` : String(error));
  process.exitCode = 1;
}
await context.end?.(Number(process.exitCode));
