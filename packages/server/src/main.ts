#!/usr/bin/env node
import process from "node:process";
import { runProgram } from "./cli/program.js";
import { Terminal } from "./cli/terminal.js";

const terminal = new Terminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env });

// A reader that closed early, such as `head`, has what it wanted: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (terminal.whenClosed === "end") process.exit(0);
});
// There is nowhere left to say that nothing can be said.
process.stderr.on("error", () => {});

process.exitCode = await runProgram(process.argv.slice(2), {
  terminal,
  environment: process.env,
  nowMs: Date.now,
});
