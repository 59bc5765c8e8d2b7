import process from "node:process";
import { loadSettings } from "../config/resolve-settings.js";
import { Daemon } from "../daemon.js";
import { createLogger } from "../logger.js";
import { within } from "../within.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { endProcess } from "./process-end.js";
import { flagsFrom } from "./setting-option.js";
import { startScreen } from "./start-screen.js";
import { stopRequest } from "./stop-request.js";

/** How long a stop may take, and how long it may where nothing can be trusted any more. With the log's second and the end of the process: within 13 s. */
const stopMs = 11_000;
const faultMs = 5_000;

/**
 * Runs the monitor until it is told to stop: by a signal, or, where a parent asked for it, by the end of stdin. The second signal ends the process
 * at once, without a word to anybody. What stops it from starting is told in a sentence and ends in 1. Whatever hangs (the store, a disk, the
 * log's reader), the process ends within 13 s of the first signal.
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
  context.end = (code) => endProcess(code, request.signal);
  // A fault that nobody foresaw leaves no state to trust: say so, save what can be saved, end. A supervisor starts anew.
  let faulty = false;
  const onFault = (error: unknown) => {
    logger.fatal({ err: error }, "an unexpected fault ends the monitor");
    if (faulty) return;
    faulty = true;
    void within(daemon.stop(), faultMs)
      .catch(() => undefined)
      .then(() => logger.flush())
      .then(() => endProcess(exitCodes.problem, "SIGKILL"));
  };
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
  try {
    const starting = orTold(() => daemon.start());
    const reason = await Promise.race([starting.then(() => null), request.made]);
    if (reason === null) {
      const report = await starting;
      if (options["json"] === true) terminal.printJson(report);
      else terminal.print(startScreen(report, settings, terminal));
    }
    // A start that is stopped half way rejects, and nobody wants to know.
    starting.catch(() => undefined);
    logger.info({ reason: reason ?? (await request.made) }, "stopping; a second signal ends it at once");
    if ((await within(daemon.stop(), stopMs)) === "late")
      logger.error("not everything could be stopped in time");
    return exitCodes.ok;
  } catch (error) {
    process.exitCode = exitCodes.problem;
    throw error;
  } finally {
    await logger.flush();
    request.dispose();
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
