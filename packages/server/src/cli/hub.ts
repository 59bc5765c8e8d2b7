import process from "node:process";
import { UsageError } from "../config/usage-error.js";
import { Hub } from "../hub.js";
import { createLogger } from "../logger.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { hubFields, hubScreen } from "./hub-screen.js";
import { beginService } from "./service-beginning.js";
import { runService } from "./service-run.js";

/**
 * Runs a hub until a signal or, if the parent wants that, the end of stdin. The fleet database may
 * be away.
 */
export async function runHub(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal, environment } = context;
  const begun = await beginService(context, options);
  if (begun === null) return exitCodes.ok;
  const { resolved, readSettings } = begun;
  const { settings } = resolved;
  if (settings.fleet === null) {
    throw new UsageError([
      "no fleet database is set: give --fleet postgres://USER@HOST/DATABASE, KISSBOT_MONITOR_FLEET, or fleet: in the config file",
    ]);
  }
  if (settings.http === null && !settings.mayLeadFleet) {
    throw new UsageError(["--no-http: with --no-fleet-lead a hub would do nothing; leave one of them out"]);
  }
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  return await runService({
    context,
    logger,
    stopsWithStdin: options["stopWithStdin"] === true,
    make: () => new Hub(settings, { logger, readSettings }),
    onStarted: (report) => {
      const shown = { ...report, configFile: resolved.configFile?.path ?? null };
      const isOnScreen = terminal.isInteractive && options["json"] !== true;
      if (options["json"] === true) terminal.printJson(shown);
      else if (isOnScreen) terminal.print(hubScreen(shown, { settings, environment }, terminal));
      if (!isOnScreen || process.stderr.isTTY !== true)
        logger.info(hubFields(shown, settings.displayName), "KissBot Monitor is running as a hub");
    },
  });
}
