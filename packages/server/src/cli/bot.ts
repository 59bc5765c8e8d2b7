import { quotedText } from "../quoted-text.js";
import { nearestAdvice } from "./bot-filter.js";
import { reportOf } from "./bot-report.js";
import { botText } from "./bot-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import type { FleetSource } from "./fleet-answer.js";
import { ageText, askFleet } from "./fleet-source.js";
import { timeTextOf } from "./time-text.js";

/** One bot: how it is, the lives of its processes, what it takes, and what its LLM calls cost. */
export async function runBot(
  context: CommandContext,
  options: Options,
  [channel = ""]: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  return await askFleet(context, options, async (source) => {
    const bot = await source.bot(channel);
    const nowMs = context.nowMs();
    const age = ageText(source.note, nowMs);
    if (age !== null) terminal.note(age);
    if (bot === null) throw await noSuchBot(channel, source);
    const say = (missing: string) => terminal.note(missing);
    const report = await reportOf(bot, source, nowMs, say);
    if (options["json"] === true) terminal.printJson({ source: source.note, ...report });
    else terminal.print(botText(report, { nowMs, times: timeTextOf(options), terminal }));
    return exitCodes.ok;
  });
}

async function noSuchBot(channel: string, source: FleetSource): Promise<CommandError> {
  const advice = nearestAdvice(channel, await source.bots());
  return new CommandError(
    `there is no bot ${quotedText(channel)}${advice || "; kissbot-monitor bots lists those that there are"}`,
  );
}
