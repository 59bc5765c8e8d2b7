import { durationMsFrom } from "../config/duration.js";
import { UsageError } from "../config/usage-error.js";
import { plainText, quotedText } from "../quoted-text.js";
import { answerOf } from "./api-answer.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { ControlClient, nameOfCaller } from "./control-client.js";
import { longSpanText, msFromTimestamp } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import { wrappedText } from "./text-width.js";
import { timeTextOf } from "./time-text.js";

/** A silence as the API has it. */
export interface SilenceRow {
  readonly silence_id: string;
  readonly channels: readonly string[];
  readonly rules: readonly string[] | null;
  readonly from: string;
  readonly until: string;
  readonly by: string;
  readonly why: string;
  readonly ended_at: string | null;
  readonly active: boolean;
}

const longestMs = 30 * 86_400_000;

/** The silence that the flags describe. */
export interface WantedSilence {
  readonly channels: readonly string[];
  readonly rules?: readonly string[];
  readonly forMs: number;
  readonly by: string;
  readonly why: string;
}

/** Throws `UsageError` with everything that is wrong. */
export function wantedSilence(
  channels: readonly string[],
  options: Options,
  { environment }: CommandContext,
): WantedSilence {
  const problems: string[] = [];
  const span = String(options["for"] ?? "");
  const forMs = durationMsFrom(span) ?? Number.NaN;
  if (!(forMs >= 1_000 && forMs <= longestMs)) {
    problems.push(
      `--for: expected a duration such as 90s, 15m or 2h, from 1s to 30d; got ${quotedText(span)}`,
    );
  }
  const why = String(options["why"] ?? "").trim();
  if (why === "" || [...why].length > 256 || /\p{Cc}/u.test(why)) {
    problems.push("--why: expected a reason of 1 to 256 characters on one line; notices repeat it");
  }
  const blank = channels.find((channel) => channel.trim() === "");
  if (channels.length === 0 || blank !== undefined) {
    problems.push("expected the bots, such as 'twitch/*'; '*' is all of them");
  }
  if (problems.length > 0) throw new UsageError(problems);
  const rules = options["rule"] as readonly string[] | undefined;
  const by = nameOfCaller(options, environment);
  return { channels, ...(rules === undefined ? {} : { rules }), forMs, by, why };
}

export async function addSilence(
  client: ControlClient,
  { forMs, ...wanted }: WantedSilence,
): Promise<SilenceRow> {
  const { silence } = await client.post("/api/v1/silences", { ...wanted, for_s: forMs / 1_000 });
  return silence as SilenceRow;
}

export async function runSilenceAdd(
  context: CommandContext,
  options: Options,
  channels: readonly string[],
): Promise<ExitCode> {
  const wanted = wantedSilence(channels, options, context);
  const silence = await addSilence(await ControlClient.open(context, options), wanted);
  const { terminal } = context;
  if (options["json"] === true) {
    terminal.printJson({ silence });
    return exitCodes.ok;
  }
  const times = timeTextOf(options);
  const what = silence.channels.map(plainText).join(", ");
  const rules = silence.rules === null ? "" : `, rules ${silence.rules.map(plainText).join(", ")}`;
  const until = `${times.second(silence.until)} (${times.zone})`;
  terminal.print(wrappedText(`No notices about ${what}${rules} until ${until}.`, terminal.columns));
  terminal.print(`To end it early: kissbot-monitor silence end ${silence.silence_id}`);
  return exitCodes.ok;
}

export async function runSilenceEnd(
  context: CommandContext,
  options: Options,
  ids: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  const client = await ControlClient.open(context, options);
  const ended: SilenceRow[] = [];
  const problems: string[] = [];
  for (const id of ids) {
    try {
      ended.push(await endSilence(client, id));
    } catch (error) {
      if (!(error instanceof CommandError) || ids.length === 1) throw error;
      // Goes on with the other silences.
      problems.push(`${plainText(id)}: ${error.message}`);
    }
  }
  if (options["json"] === true) terminal.printJson({ silences: ended });
  else for (const { silence_id: id } of ended) terminal.print(`Ended: ${id}`);
  for (const problem of problems) terminal.note(`error: ${problem}`);
  return problems.length > 0 ? exitCodes.problem : exitCodes.ok;
}

export async function endSilence(client: ControlClient, id: string): Promise<SilenceRow> {
  const { silence } = await client.post(`/api/v1/silences/${encodeURIComponent(id)}/end`);
  return silence as SilenceRow;
}

export async function runSilenceList(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const answer = await answerOf(context, options, "/api/v1/silences");
  const all = answer["silences"] as readonly SilenceRow[];
  const silences = options["all"] === true ? all : all.filter(({ active }) => active);
  if (options["json"] === true) {
    terminal.printJson({ silences });
    return exitCodes.ok;
  }
  if (silences.length === 0) {
    terminal.print("No silence is active.");
    return exitCodes.ok;
  }
  const times = timeTextOf(options);
  const nowMs = context.nowMs();
  const columns: Column<SilenceRow>[] = [
    { head: "ID", text: ({ silence_id: id }) => id },
    { head: "BOTS", text: ({ channels }) => channels.join(", "), least: 12, gives: 3 },
    { head: "RULES", text: ({ rules }) => rules?.join(", ") ?? "all", least: 8, gives: 4 },
    { head: `UNTIL (${times.zone})`, text: ({ until }) => times.second(until), gives: 2 },
    { head: "LEFT", text: (silence) => leftText(silence, nowMs), align: "right" },
    { head: "BY", text: ({ by }) => by, least: 8, gives: 5 },
    { head: "WHY", text: ({ why }) => why, below: true },
  ];
  terminal.print(tableText(columns, silences, terminal));
  return exitCodes.ok;
}

function leftText({ until, ended_at: ended, active }: SilenceRow, nowMs: number): string {
  if (!active) return ended === null ? "over" : "ended";
  return longSpanText(Math.max(0, (msFromTimestamp(until) ?? nowMs) - nowMs));
}
