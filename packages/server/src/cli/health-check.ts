import { httpAddressText } from "../config/http-address.js";
import { controlPathOf } from "../config/socket-path.js";
import { reachable } from "./api-client.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import { absenceText, exchange, type HttpTarget, messageOf, objectFrom } from "./http-exchange.js";

const healthPath = "/healthz";
/** Below the limit that a health check of a container has. */
const timeoutMs = 5_000;

/**
 * Whether the monitor answers at all, for what would start it again: 0 also where it is degraded,
 * where bots are down and where it asks for a token, as a restart would mend none of these. Prints
 * nothing but why it does not answer. The database is not read.
 */
export async function runHealthCheck(context: CommandContext, options: Options): Promise<ExitCode> {
  const { http, socketPath, httpToken } = await settingsOf(context, options, ["http", "socketPath"]);
  // Without HTTP the control socket has the same routes.
  const target: HttpTarget =
    http === null
      ? { socketPath: controlPathOf(socketPath) }
      : { host: reachable(http.host), port: http.port };
  const place = "socketPath" in target ? target.socketPath : `http://${httpAddressText(target)}`;
  const question = { path: healthPath, token: httpToken, timeoutMs };
  const { body } = await exchange(target, question).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`no monitor answers at ${place}: ${absenceText(error)}`);
  });
  const value = objectFrom(body);
  if (typeof value?.["status"] !== "string" && messageOf(value) === null)
    throw new CommandError(`what answers at ${place} is no KissBot monitor`);
  return exitCodes.ok;
}
