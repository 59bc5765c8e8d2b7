import { ApiClient, ApiUnusable } from "./api-client.js";
import type { CommandContext, Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";

/**
 * Asks the running monitor over HTTP, where reading needs no right to write. Rejects with
 * `CommandError` where it does not answer.
 */
export async function answerOf(
  context: CommandContext,
  options: Options,
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { http, httpToken } = await settingsOf(context, options, ["http"]);
  if (http === null) throw new CommandError("HTTP is off: name the monitor with --http HOST:PORT");
  try {
    return await new ApiClient(http, httpToken).json(path);
  } catch (error) {
    throw error instanceof ApiUnusable ? new CommandError(error.message) : error;
  }
}
