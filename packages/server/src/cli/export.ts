import { openStore, type Store, StoreError } from "@kissbot/store";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { type ChannelChoice, channelChoiceFrom } from "./channel-choice.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import { type ExportFormat, exportFormats, exportText, headText } from "./export-format.js";
import { type ExportKind, type ExportRow, eventPages, exportKinds, usagePages } from "./export-rows.js";
import { ExportTarget } from "./export-target.js";
import { type Interruption, interruption } from "./interruption.js";
import { placeText } from "./place-note.js";
import { endProcess } from "./process-end.js";
import { amountOf } from "./quantity-text.js";
import { type TimeRange, timeRangeFrom } from "./time-range.js";

interface ExportQuestion extends TimeRange {
  readonly kind: ExportKind;
  readonly format: ExportFormat;
  readonly channel: ChannelChoice | undefined;
  readonly output: string | undefined;
}

/**
 * Writes every call or event in the database, page by page, also while a monitor writes to it: each
 * row that exists at the start, once. Memory is bounded by a page: a page is written before the
 * next is read.
 */
export async function runExport(
  context: CommandContext,
  options: Options,
  [kind = ""]: readonly string[],
): Promise<ExitCode> {
  const question = questionFrom(kind, options, context.nowMs());
  const { store: url, origins } = await settingsOf(context, options, ["store"]);
  if (origins.store.kind !== "flag") context.terminal.note(placeText("Database", url, origins.store));
  if (url.startsWith("memory:")) {
    throw new CommandError("No export: what a monitor keeps in memory: cannot be read by another process");
  }
  const { terminal } = context;
  const target = await ExportTarget.open(question.output, terminal, options["force"] === true);
  // A file that is half written goes with the command; what went to a pipe is gone anyway.
  const interrupted = question.output === undefined ? null : interruption();
  try {
    const copying = copyRows(url, question, target);
    const rows = await (interrupted === null
      ? copying
      : Promise.race([copying, stopped(interrupted, context)]));
    await target.finish();
    if (question.output !== undefined) {
      const noun = kind === "usage" ? "call" : "event";
      terminal.note(`Wrote ${amountOf(rows, noun)} to ${target.path}.`);
    }
    return exitCodes.ok;
  } catch (error) {
    await target.abandon();
    if (!(error instanceof StoreError)) throw error;
    const advice = error.code === "needs_migration" ? "; kissbot-monitor start does that" : "";
    throw new CommandError(`No export: ${url}: ${error.message}${advice}`);
  } finally {
    interrupted?.dispose();
  }
}

async function stopped({ made }: Interruption, context: CommandContext): Promise<never> {
  await made;
  context.end = (code) => endProcess(code, "SIGINT");
  throw new CommandError("No export: it was interrupted");
}

async function copyRows(url: string, question: ExportQuestion, target: ExportTarget): Promise<number> {
  const store = await openStore(url, { readOnly: true, openTimeoutMs: 5_000 });
  try {
    const { kind, format } = question;
    let rows = 0;
    await target.add(headText(kind, format));
    for await (const page of pagesOf(store, question)) {
      rows += page.length;
      await target.add(exportText(kind, format, page, { isShown: target.isTerminal }));
    }
    return rows;
  } finally {
    await store.close();
  }
}

async function* pagesOf(
  store: Store,
  { kind, channel, fromMs, toMs }: ExportQuestion,
): AsyncGenerator<ExportRow[]> {
  const read = kind === "usage" ? usagePages : eventPages;
  for await (const page of read(store, { channel: channel?.name, fromMs, toMs })) {
    yield channel === undefined ? page : page.filter((row) => channel.matches(String(row["channel"])));
  }
}

function questionFrom(kind: string, options: Options, nowMs: number): ExportQuestion {
  const problems: string[] = [];
  const known = exportKinds.find((one) => one === kind);
  if (known === undefined) {
    problems.push(`expected ${exportKinds.join(" or ")} after export; got ${quotedText(kind)}`);
  }
  const given = options["format"] ?? "csv";
  const format = exportFormats.find((one) => one === given);
  if (format === undefined) {
    problems.push(`--format: expected ${exportFormats.join(" or ")}; got ${quotedText(String(given))}`);
  }
  const range = timeRangeFrom(options, nowMs, problems);
  const channel = channelChoiceFrom(options, problems);
  const { output } = options;
  if (output === "") problems.push("--output: expected the path of a file");
  if (problems.length > 0) throw new UsageError(problems);
  return {
    ...range,
    kind: known as ExportKind,
    format: format as ExportFormat,
    channel,
    output: typeof output === "string" && output !== "-" ? output : undefined,
  };
}
