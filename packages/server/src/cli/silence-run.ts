import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { UsageError } from "../config/usage-error.js";
import { plainText, quotedText } from "../quoted-text.js";
import type { CommandContext, Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { ControlClient } from "./control-client.js";
import { addSilence, endSilence, wantedSilence } from "./silence.js";

/** Signals to pass on. The terminal itself sends some of them to every foreground process. */
const signals = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT"] as const;
const ofTerminal: readonly string[] = ["SIGINT", "SIGQUIT"];

/** As a shell says that a command could not be run, or is not there. */
const cannotRun = 126;
const notFound = 127;

/**
 * Runs a command during a silence and returns its exit code, or 128 plus the number of the signal
 * that ended it. The silence lasts for `--for` and is extended while the command runs, so it ends
 * by itself if this process is killed.
 */
export async function runSilenceRun(
  context: CommandContext,
  options: Options,
  [channel = "", ...command]: readonly string[],
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) {
    throw new UsageError([
      `expected a command behind --, such as: silence run ${quotedText(channel || "twitch/*")} --why deploy -- ./deploy.sh`,
    ]);
  }
  const wanted = wantedSilence([channel], options, context);
  const client = await ControlClient.open(context, options).catch(notRun);
  const { silence_id: id } = await addSilence(client, wanted).catch(notRun);
  const { terminal } = context;
  terminal.note(`No notices about ${plainText(channel)} while ${plainText(program)} runs (silence ${id}).`);
  const renewal = setInterval(() => void renew(), Math.max(500, Math.min(wanted.forMs / 3, 60_000)));
  let isWarned = false;
  const renew = async (): Promise<void> => {
    try {
      await client.post(`/api/v1/silences/${encodeURIComponent(id)}/extend`, { for_s: wanted.forMs / 1_000 });
      isWarned = false;
    } catch (error) {
      if (!isWarned) terminal.note(`The silence cannot be extended: ${(error as Error).message}`);
      isWarned = true;
    }
  };
  try {
    return await codeOf(program, args, terminal);
  } finally {
    clearInterval(renewal);
    await endSilence(client, id).catch((error: unknown) => {
      terminal.note(`The silence could not be ended, and ends by itself: ${(error as Error).message}`);
    });
  }
}

function codeOf(
  program: string,
  args: readonly string[],
  terminal: CommandContext["terminal"],
): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit" });
  const isOnTerminal = process.stdin.isTTY === true;
  const handlers = signals.map((signal) => {
    const pass = () => {
      // The command has it from the terminal already.
      if (!(isOnTerminal && ofTerminal.includes(signal))) child.kill(signal);
    };
    process.on(signal, pass);
    return () => process.off(signal, pass);
  });
  const done = new Promise<number>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      terminal.note(`error: ${plainText(program)} cannot be run: ${error.message}`);
      resolve(error.code === "ENOENT" ? notFound : cannotRun);
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  return done.finally(() => {
    for (const remove of handlers) remove();
  });
}

function notRun(error: unknown): never {
  if (!(error instanceof CommandError)) throw error;
  throw new CommandError(`The command was not run: ${error.message}`);
}
