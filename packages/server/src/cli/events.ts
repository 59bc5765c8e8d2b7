import { botStatuses, causeCodes } from "@kissbot/store";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { channelChoiceFrom } from "./channel-choice.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { downSpans } from "./down-spans.js";
import { newestEvents, type WantedEvents } from "./event-history.js";
import { eventJson } from "./event-json.js";
import { EventText } from "./event-text.js";
import { ageText, askFleet } from "./fleet-source.js";
import { countText } from "./quantity-text.js";
import { timeRangeFrom } from "./time-range.js";
import { timeTextOf } from "./time-text.js";

const defaultLimit = 100;
/** How many past events `--follow` prints first, by default. */
const followLimit = 10;
const mostLimit = 100_000;

/** What happened to the bots: the newest events, the newest of them last, as a log has it. */
export async function runEvents(context: CommandContext, options: Options): Promise<ExitCode> {
  const isFollowing = options["follow"] === true;
  const { wanted, limit } = questionFrom(options, context.nowMs(), isFollowing);
  if (isFollowing) {
    const { followEvents } = await import("./event-follow.js");
    return await followEvents(context, options, wanted, limit);
  }
  const { terminal } = context;
  return await askFleet(context, options, async (source) => {
    // Asks for one more, to see whether there are more.
    const found = await newestEvents(source, wanted, limit + 1);
    const events = found.slice(-limit);
    const spans = await downSpans(source, events);
    const age = ageText(source.note, context.nowMs());
    if (age !== null) terminal.note(age);
    if (options["json"] === true) {
      const rows = events.map((event) => eventJson(event, spans.get(event.id) ?? null));
      terminal.printJson({ source: source.note, events: rows });
      return exitCodes.ok;
    }
    if (events.length === 0) {
      terminal.print("No such event.");
      return exitCodes.ok;
    }
    const text = new EventText(terminal, timeTextOf(options));
    text.widen(events);
    const lines = events.map((event) => text.event(event, spans.get(event.id) ?? null));
    terminal.print([text.head(), ...lines].join("\n"));
    if (found.length > limit) {
      terminal.note(`Only the newest ${countText(limit)}; --limit N shows more.`);
    }
    return exitCodes.ok;
  });
}

function questionFrom(
  options: Options,
  nowMs: number,
  isFollowing: boolean,
): { readonly wanted: WantedEvents; readonly limit: number } {
  const problems: string[] = [];
  const statuses = wordsFrom("status", options, botStatuses, problems);
  const causes = wordsFrom("cause", options, causeCodes, problems);
  const range = timeRangeFrom(options, nowMs, problems);
  if (isFollowing && options["until"] !== undefined) {
    problems.push("--until: has no meaning with --follow, which does not end");
  }
  const least = isFollowing ? 0 : 1;
  const given = options["limit"];
  const limit = given === undefined ? (isFollowing ? followLimit : defaultLimit) : Number(given);
  if (!(Number.isInteger(limit) && limit >= least && limit <= mostLimit) || given === "") {
    problems.push(
      `--limit: expected a whole number from ${least} to ${mostLimit}; got ${quotedText(String(given))}`,
    );
  }
  const channel = channelChoiceFrom(options, problems);
  if (problems.length > 0) throw new UsageError(problems);
  return { wanted: { ...range, channel, statuses, causes }, limit };
}

function wordsFrom<Word extends string>(
  name: string,
  options: Options,
  known: readonly Word[],
  problems: string[],
): readonly Word[] | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const words = String(value)
    .split(",")
    .map((word) => known.find((one) => one === word.trim()));
  const found = words.filter((word) => word !== undefined);
  if (found.length === words.length) return [...new Set(found)];
  problems.push(
    `--${name}: expected some of ${known.join(", ")}, separated by commas; got ${quotedText(String(value))}`,
  );
  return undefined;
}
