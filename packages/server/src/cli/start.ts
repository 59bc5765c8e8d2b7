import process from "node:process";
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
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { isSamePath, stateFileFrom } from "./running-monitor.js";
import { beginService } from "./service-beginning.js";
import { runService } from "./service-run.js";
import { startFields, startScreen } from "./start-screen.js";

/** Runs the monitor until a signal or, if the parent wants that, the end of stdin. */
export async function runStart(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal, environment } = context;
  const begun = await beginService(context, options);
  if (begun === null) return exitCodes.ok;
  const { flags, resolved, readSettings } = begun;
  const { settings, origins } = resolved;
  const configFile = resolved.configFile?.path ?? null;
  const { book, notices } = await openPrices(settings, { places: resolved });
  for (const notice of notices) terminal.note(notice);
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  let state: StateWriter | null = null;
  return await runService({
    context,
    logger,
    stopsWithStdin: options["stopWithStdin"] === true,
    make: () => new Daemon(settings, { logger, readSettings, prices: book }),
    onStarted: (report) => {
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
    },
    onStopping: () => state?.stop(),
  });
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
