import { durationMsFrom } from "../config/duration.js";
import { UsageError } from "../config/usage-error.js";
import { plainText, quotedText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { ControlClient, nameOfCaller } from "./control-client.js";
import { countText } from "./quantity-text.js";
import { linesOfWidth } from "./text-width.js";

/** Removes bots from the fleet: those that are named, or all that have ended. */
export async function runForget(
  context: CommandContext,
  options: Options,
  channels: readonly string[],
): Promise<ExitCode> {
  const endedMs = endedFrom(channels, options);
  const by = nameOfCaller(options, context.environment);
  const client = await ControlClient.open(context, options);
  const forgotten: string[] = [];
  const problems: string[] = [];
  let stored = true;
  const add = (answer: Readonly<Record<string, unknown>>) => {
    forgotten.push(...(answer["forgotten"] as string[]));
    stored &&= answer["stored"] === true;
  };
  if (endedMs !== null) add(await client.post("/api/v1/forget", { ended_s: endedMs / 1_000, by }));
  for (const channel of new Set(channels)) {
    try {
      add(await client.post(`/api/v1/bots/${encodeURIComponent(channel)}/forget`, { by }));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // The others are forgotten all the same.
      if (channels.length === 1) throw error;
      problems.push(`${plainText(channel)}: ${error.message}`);
    }
  }
  const { terminal } = context;
  if (options["json"] === true) terminal.printJson({ forgotten, stored });
  else terminal.print(forgottenText(forgotten, terminal.columns ?? 80));
  for (const problem of problems) terminal.note(`error: ${problem}`);
  if (!stored) {
    terminal.note(
      "The database has not stored this yet; it will as soon as it can. If the monitor is killed before that, the bots come back.",
    );
  }
  return problems.length > 0 ? exitCodes.problem : exitCodes.ok;
}

/** Null where channels are named. */
function endedFrom(channels: readonly string[], { ended }: Options): number | null {
  if (ended === undefined) {
    if (channels.length > 0) return null;
    throw new UsageError(["forget: expected a channel, or --ended DURATION for all that have ended"]);
  }
  if (channels.length > 0) throw new UsageError(["forget: expected a channel or --ended, not both"]);
  const ms = durationMsFrom(String(ended));
  if (ms === undefined || ms > 3_650 * 86_400_000) {
    throw new UsageError([
      `--ended: expected a duration such as 12h or 30d, up to 3650d; got ${quotedText(String(ended))}`,
    ]);
  }
  return ms;
}

function forgottenText(channels: readonly string[], columns: number): string {
  if (channels.length === 0) return "No bot was forgotten.";
  const names = channels.map(plainText).join(", ");
  const what = channels.length === 1 ? "Forgotten" : `${countText(channels.length)} bots forgotten`;
  return linesOfWidth(`${what}: ${names}`, columns).join("\n");
}
