import process from "node:process";
import { readArguments } from "./arguments.js";
import { DriverFault } from "./driver-fault.js";
import { judgeCommand } from "./judge-command.js";
import { listCommand } from "./list-command.js";
import { monitorCommand } from "./monitor-command.js";
import { packageJson } from "./package-file.js";
import { runCommand } from "./run-command.js";
import { senderCommand } from "./sender-command.js";
import { UsageError, usage } from "./usage.js";

/** Does what the arguments say, and returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv);
  const { name, values } = given;
  if (values.version) {
    process.stdout.write(`${packageJson<{ version: string }>("package.json").version}\n`);
    return 0;
  }
  if (values.help || name === "help") {
    process.stdout.write(usage);
    return 0;
  }
  switch (name) {
    case "run":
    case "decode":
    case "encode":
    case "conduct":
      return await runCommand(name, given);
    case "sender":
      return await senderCommand(given);
    case "monitor":
      return await monitorCommand(given);
    case "judge":
      return judgeCommand(given);
    case "list":
      return listCommand(values.json);
    case undefined:
      throw new UsageError("no sub-command");
    default:
      throw new UsageError(`no sub-command ${name}`);
  }
}

/** The command itself. Whoever stops it stops what it started. */
export async function conformance(argv: readonly string[]): Promise<void> {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.once(signal, () => process.exit(code));
  try {
    process.exitCode = await main(argv);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof DriverFault)) throw error;
    const hint = error instanceof UsageError ? "\n`kissbot-conformance --help` shows how it is used." : "";
    process.stderr.write(`kissbot-conformance: ${error.message}${hint}\n`);
    process.exitCode = 2;
  }
}
