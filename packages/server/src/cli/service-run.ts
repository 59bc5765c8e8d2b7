import process from "node:process";
import type { createLogger } from "../logger.js";
import { within } from "../within.js";
import { type CommandContext, type ExitCode, exitCodes } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { endProcess } from "./process-end.js";
import { stopRequest } from "./stop-request.js";

/**
 * How long a stop may take, normally and after a fault. With a second for the log and the end of
 * the process, that is within 13 s.
 */
const stopMs = 11_000;
const faultMs = 5_000;

/** What runs until it is told to stop. */
export interface Service<Report> {
  start(): Promise<Report>;
  stop(): Promise<void>;
}

export interface ServiceRun<Report> {
  readonly context: CommandContext;
  readonly logger: ReturnType<typeof createLogger>;
  /** Whether the end of stdin asks to stop as well. */
  readonly stopsWithStdin: boolean;
  /** Throws where it cannot run with its settings. */
  readonly make: () => Service<Report>;
  readonly onStarted: (report: Report) => void;
  /** It stops, or could not start. */
  readonly onStopping?: () => void;
}

/**
 * Runs a service until a signal or, if the parent wants that, the end of stdin. A second signal
 * ends the process at once. If the service cannot start, prints the reason in a sentence and ends
 * with 1. The process ends within 13 s of the first signal, whatever hangs (a store, a disk, the
 * log's reader).
 */
export async function runService<Report>(run: ServiceRun<Report>): Promise<ExitCode> {
  const { context, logger, stopsWithStdin, make, onStarted, onStopping = () => undefined } = run;
  const service = await orTold(make);
  const request = stopRequest({ withStdin: stopsWithStdin });
  context.end = (code) => endProcess(code, request.signal);
  // After an unexpected fault no state can be trusted: log it, save what can be saved, and end. A
  // supervisor restarts the process.
  let faulty = false;
  const onFault = (error: unknown) => {
    logger.fatal({ err: error }, "an unexpected fault ends the monitor");
    if (faulty) return;
    faulty = true;
    onStopping();
    void within(service.stop(), faultMs)
      .catch(() => undefined)
      .then(() => logger.flush())
      .then(() => endProcess(exitCodes.problem, "SIGKILL"));
  };
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
  try {
    const starting = orTold(() => service.start());
    const reason = await Promise.race([starting.then(() => null), request.made]);
    if (reason === null) onStarted(await starting);
    // A start that is interrupted rejects; that is no error.
    starting.catch(() => undefined);
    logger.info({ reason: reason ?? (await request.made) }, "stopping; another signal ends it at once");
    onStopping();
    if ((await within(service.stop(), stopMs)) === "late")
      logger.error("not everything could be stopped in time");
    return exitCodes.ok;
  } catch (error) {
    onStopping();
    process.exitCode = exitCodes.problem;
    throw error;
  } finally {
    await logger.flush();
    request.dispose();
  }
}

/**
 * Turns a reason not to start (another monitor runs, a port is taken, a foreign database) into an
 * error without a stack. A fault of this program keeps its stack.
 */
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
