import process from "node:process";
import { loadSettings } from "../config/load-settings.js";
import type { Settings } from "../config/settings.js";
import { Daemon } from "../daemon.js";
import { createLogger } from "../logger.js";
import { openPrices } from "../open-prices.js";
import type { StartReport } from "../start-report.js";
import { processStart } from "../state-file/process-start.js";
import type { StateFile } from "../state-file/state-file.js";
import { placesNamed } from "../state-file/state-place.js";
import { StateWriter } from "../state-file/state-writer.js";
import { version } from "../version.js";
import { within } from "../within.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { endProcess } from "./process-end.js";
import { isSamePath, stateFileFrom } from "./running-monitor.js";
import { flagsFrom } from "./setting-option.js";
import { startFields, startScreen } from "./start-screen.js";
import { stopRequest } from "./stop-request.js";

/**
 * How long a stop may take, normally and after a fault. With a second for the log and the end of
 * the process, that is within 13 s.
 */
const stopMs = 11_000;
const faultMs = 5_000;

/**
 * Runs the monitor until a signal or, if the parent wants that, the end of stdin. A second signal
 * ends the process at once. If the monitor cannot start, prints the reason in a sentence and ends
 * with 1. The process ends within 13 s of the first signal, whatever hangs (the store, a disk, the
 * log's reader).
 */
export async function runStart(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal, environment } = context;
  terminal.whenClosed = "go_on";
  const flags = flagsFrom(options);
  const readSettings = () => loadSettings(flags, environment, { serving: true });
  const resolved = await readSettings();
  for (const notice of resolved.notices) terminal.note(notice);
  if (!resolved.enabled) {
    terminal.note("Not started: the config file says enabled: false under monitoring:.");
    return exitCodes.ok;
  }
  const { settings, origins } = resolved;
  const configFile = resolved.configFile?.path ?? null;
  const { book, notices } = await openPrices(settings, { places: resolved });
  for (const notice of notices) terminal.note(notice);
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const daemon = await orTold(() => new Daemon(settings, { logger, readSettings, prices: book }));
  const request = stopRequest({ withStdin: options["stopWithStdin"] === true });
  context.end = (code) => endProcess(code, request.signal);
  // After an unexpected fault no state can be trusted: log it, save what can be saved, and end. A
  // supervisor restarts the monitor.
  let faulty = false;
  let state: StateWriter | null = null;
  const onFault = (error: unknown) => {
    logger.fatal({ err: error }, "an unexpected fault ends the monitor");
    if (faulty) return;
    faulty = true;
    state?.stop();
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
      if (!isSamePath(report.socketPath, settings.socketPath) && origins.socketPath.kind !== "default") {
        const paths = { unit: report.socketPath, setting: settings.socketPath };
        const what = `${origins.socketPath.name} names ${paths.setting}, where nobody listens`;
        logger.warn(paths, `the socket unit listens on ${paths.unit}, but ${what}: give both the same path`);
      }
      for (const { principal, socketPath: unit } of report.listeners) {
        const setting = settings.listeners.find((one) => one.principal === principal)?.socketPath ?? unit;
        if (isSamePath(unit, setting)) continue;
        const what = `listeners: has ${setting} for ${principal}, where nobody listens`;
        logger.warn(
          { unit, setting },
          `the socket unit listens on ${unit}, but ${what}: give both the same path`,
        );
      }
      const places = placesNamed(stateFileFrom(flags, environment), environment);
      state = new StateWriter({ places, state: stateOf(report, settings, configFile), logger });
      state.start();
      const shown = { ...report, configFile };
      const isOnScreen = terminal.isInteractive && options["json"] !== true;
      if (options["json"] === true) terminal.printJson({ ...shown, stateFile: state.path });
      else if (isOnScreen) terminal.print(startScreen(shown, { settings, environment }, terminal));
      if (!isOnScreen || process.stderr.isTTY !== true)
        logger.info(startFields(shown, settings.displayName), "KissBot Monitor is running");
    }
    // A start that is interrupted rejects; that is no error.
    starting.catch(() => undefined);
    logger.info({ reason: reason ?? (await request.made) }, "stopping; another signal ends it at once");
    state?.stop();
    if ((await within(daemon.stop(), stopMs)) === "late")
      logger.error("not everything could be stopped in time");
    return exitCodes.ok;
  } catch (error) {
    state?.stop();
    process.exitCode = exitCodes.problem;
    throw error;
  } finally {
    await logger.flush();
    request.dispose();
  }
}

/** What the state file tells other commands. */
function stateOf(
  { socketPath, store, http }: StartReport,
  { displayName }: Settings,
  configFile: string | null,
): StateFile {
  return {
    name: displayName,
    version,
    pid: process.pid,
    processStart: processStart(process.pid),
    startedAt: new Date().toISOString(),
    socket: socketPath,
    store: store.url,
    http,
    configFile,
    workingDirectory: process.cwd(),
  };
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
