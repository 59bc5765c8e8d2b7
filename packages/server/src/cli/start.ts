import process from "node:process";
import { loadSettings } from "../config/resolve-settings.js";
import { Daemon } from "../daemon.js";
import { createLogger } from "../logger.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { flagsFrom } from "./setting-option.js";
import { startScreen } from "./start-screen.js";
import { stopRequest } from "./stop-request.js";

/**
 * Runs the monitor until it is told to stop: SIGTERM, SIGINT, or, where a parent asked for it, the end of stdin. The second signal ends the process
 * at once, without a word to anybody. What stops it from starting is told in a sentence and ends in 1.
 */
export async function runStart(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal, environment } = context;
  terminal.whenClosed = "go_on";
  const resolved = await loadSettings(flagsFrom(options), environment, { serving: true });
  for (const notice of resolved.notices) terminal.note(notice);
  if (!resolved.enabled) {
    terminal.note("Not started: the config file says enabled: false under monitoring:.");
    return exitCodes.ok;
  }
  const { settings } = resolved;
  const logger = createLogger({ level: settings.logLevel });
  const daemon = await orTold(() => new Daemon(settings, { logger }));
  const request = stopRequest({ withStdin: options["stopWithStdin"] === true });
  // A fault that nobody foresaw leaves no state to trust: say so, save what can be saved, end. A supervisor starts anew.
  const onFault = (error: unknown) => {
    logger.fatal({ err: error }, "an unexpected fault ends the monitor");
    void Promise.race([daemon.stop(), request.patience()]).finally(() => {
      logger.flush();
      process.exit(exitCodes.problem);
    });
  };
  process.once("uncaughtException", onFault);
  process.once("unhandledRejection", onFault);
  try {
    const report = await orTold(() => daemon.start());
    if (options["json"] === true) terminal.printJson(report);
    else terminal.print(startScreen(report, settings, terminal));
    const reason = await request.made;
    logger.info({ reason }, "stopping; a second signal ends it at once");
    await daemon.stop();
    return exitCodes.ok;
  } finally {
    request.dispose();
    process.removeListener("uncaughtException", onFault);
    process.removeListener("unhandledRejection", onFault);
    logger.flush();
  }
}

/** What keeps a monitor from starting is for people: another one runs, a port is taken, a database is somebody else's. A fault of this program keeps its stack. */
async function orTold<T>(step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isFault(error)) throw error;
    throw new CommandError((error as Error).message, { cause: error });
  }
}

function isFault(error: unknown): boolean {
  const kinds = [TypeError, RangeError, ReferenceError, SyntaxError];
  const { code = "" } = error as { code?: unknown };
  return (
    !(error instanceof Error) || kinds.some((kind) => error instanceof kind) || `${code}`.startsWith("ERR_")
  );
}
