import { UsageError } from "../config/usage-error.js";
import { plainText } from "../quoted-text.js";
import { answerOf } from "./api-answer.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { ControlClient, nameOfCaller } from "./control-client.js";
import { spanSince } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import { timeRangeFrom } from "./time-range.js";
import { type TimeText, timeTextOf } from "./time-text.js";

/** An alert as the API has it. */
interface AlertRow {
  readonly alert_id: string;
  readonly rule: string;
  readonly subject: string;
  readonly severity: "info" | "warning" | "critical";
  readonly since: string | null;
  readonly opened_at: string | null;
  readonly closed_at: string | null;
  readonly outcome: string | null;
  readonly cause: string;
  readonly ack: { readonly by: string; readonly why: string } | null;
  readonly told: readonly { readonly receiver: string; readonly phase: string }[];
}

interface Explained {
  readonly known: boolean;
  readonly rules: readonly { readonly rule: string; readonly state: string; readonly text: string }[];
  readonly receivers: readonly { readonly receiver: string; readonly rule: string; readonly text: string }[];
}

const styles = { critical: "red", warning: "yellow", info: "dim" } as const;

/** Lists the open alerts. The exit code says whether there are any. */
export async function runAlerts(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const { answer, alerts } = await openAlerts(context, options);
  if (options["json"] === true) terminal.printJson({ on: answer["on"], alerts });
  else {
    terminal.print(
      alerts.length === 0 ? "No alert is open." : openTable(alerts, context, timeTextOf(options)),
    );
    if (answer["on"] !== true) {
      terminal.note("No notices are sent: no receiver is set, and without one no rule is evaluated.");
    }
  }
  return alerts.length === 0 ? exitCodes.ok : exitCodes.problem;
}

/** All open alerts, page by page. */
async function openAlerts(context: CommandContext, options: Options) {
  const alerts: AlertRow[] = [];
  let next: unknown = null;
  let answer: Readonly<Record<string, unknown>>;
  do {
    const query = typeof next === "string" ? `?${new URLSearchParams({ after: next })}` : "";
    answer = await answerOf(context, options, `/api/v1/alerts${query}`);
    alerts.push(...(answer["alerts"] as readonly AlertRow[]));
    // A monitor of an earlier version answers with all of them at once.
    next = answer["next"];
  } while (typeof next === "string");
  return { answer, alerts };
}

/** Lists all alerts, open and ended, newest first. */
export async function runAlertsHistory(context: CommandContext, options: Options): Promise<ExitCode> {
  const problems: string[] = [];
  const { fromMs, toMs } = timeRangeFrom(options, context.nowMs(), problems);
  const limit = Number(options["limit"] ?? 100);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 10_000)) {
    problems.push("--limit: expected a whole number from 1 to 10000");
  }
  if (problems.length > 0) throw new UsageError(problems);
  const query = new URLSearchParams({ state: "all", limit: `${limit}` });
  if (fromMs !== undefined) query.set("from", `${fromMs}`);
  if (toMs !== undefined) query.set("to", `${toMs}`);
  if (typeof options["channel"] === "string") query.set("subject", options["channel"]);
  if (typeof options["rule"] === "string") query.set("rule", options["rule"]);
  const answer = await answerOf(context, options, `/api/v1/alerts?${query}`);
  const alerts = answer["alerts"] as readonly AlertRow[];
  const { terminal } = context;
  if (options["json"] === true) terminal.printJson({ alerts });
  else if (alerts.length === 0) terminal.print("No such alert.");
  else terminal.print(historyTable(alerts, context, timeTextOf(options)));
  return exitCodes.ok;
}

/** Shows how each rule judges a bot, and who was notified, or why not. */
export async function runAlertsExplain(
  context: CommandContext,
  options: Options,
  [channel = ""]: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  const answer = await answerOf(
    context,
    options,
    `/api/v1/alerts/explain?${new URLSearchParams({ channel })}`,
  );
  const { known, rules, receivers } = answer as unknown as Explained;
  if (options["json"] === true) terminal.printJson(answer);
  else {
    if (!known) terminal.print(`The fleet has no bot ${plainText(channel)}.`);
    const columns: Column<Explained["rules"][number]>[] = [
      { head: "RULE", text: ({ rule }) => rule },
      { head: "STATE", text: ({ state }) => (state === "not_asked" ? "-" : state) },
      { head: "WHY", text: ({ text }) => text, below: true },
    ];
    if (rules.length > 0) terminal.print(tableText(columns, rules, terminal));
    const told: Column<Explained["receivers"][number]>[] = [
      { head: "RECEIVER", text: ({ receiver }) => receiver, least: 12 },
      { head: "ALERT", text: ({ rule }) => rule },
      { head: "NOTIFIED", text: ({ text }) => text, below: true },
    ];
    if (receivers.length > 0) terminal.print(`\n${tableText(told, receivers, terminal)}`);
  }
  return known || receivers.length > 0 ? exitCodes.ok : exitCodes.problem;
}

/** Acknowledges alerts: their reminders stop. */
export async function runAlertsAck(
  context: CommandContext,
  options: Options,
  ids: readonly string[],
): Promise<ExitCode> {
  const why = String(options["why"] ?? "").trim();
  if (why === "" || why.length > 256 || /\p{Cc}/u.test(why)) {
    throw new UsageError(["--why: expected what is being done about it, 1 to 256 characters on one line"]);
  }
  const body = { by: nameOfCaller(options, context.environment), why };
  const client = await ControlClient.open(context, options);
  const { terminal } = context;
  const done: object[] = [];
  const problems: string[] = [];
  for (const id of ids) {
    try {
      done.push(await client.post(`/api/v1/alerts/${encodeURIComponent(id)}/ack`, body));
      if (options["json"] !== true) terminal.print(`Acknowledged: ${plainText(id)}`);
    } catch (error) {
      if (!(error instanceof CommandError) || ids.length === 1) throw error;
      // Goes on with the other alerts.
      problems.push(`${plainText(id)}: ${error.message}`);
    }
  }
  if (options["json"] === true) terminal.printJson({ acknowledged: done });
  for (const problem of problems) terminal.note(`error: ${problem}`);
  return problems.length > 0 ? exitCodes.problem : exitCodes.ok;
}

function openTable(
  alerts: readonly AlertRow[],
  { terminal, nowMs }: CommandContext,
  times: TimeText,
): string {
  const columns: Column<AlertRow>[] = [
    { head: "ID", text: ({ alert_id: id }) => id },
    { head: "RULE", text: ({ rule }) => rule },
    { head: "ON", text: ({ subject }) => subject, least: 16, gives: 3 },
    {
      head: "SEVERITY",
      text: ({ severity }) => severity,
      style: ({ severity }) => styles[severity],
      gives: 2,
    },
    { head: "FOR", text: ({ since }) => spanSince(since, nowMs()), align: "right" },
    { head: `SINCE (${times.zone})`, text: ({ since }) => times.second(since), gives: 1 },
    { head: "WHY", text: whyText, below: true },
  ];
  return tableText(columns, alerts, terminal);
}

function historyTable(alerts: readonly AlertRow[], { terminal }: CommandContext, times: TimeText): string {
  const columns: Column<AlertRow>[] = [
    { head: `OPENED (${times.zone})`, text: ({ opened_at: at }) => times.second(at) },
    { head: "RULE", text: ({ rule }) => rule },
    { head: "ON", text: ({ subject }) => subject, least: 16, gives: 3 },
    { head: "ENDED", text: ({ closed_at: at }) => (at === null ? "open" : times.second(at)), gives: 2 },
    { head: "ID", text: ({ alert_id: id }) => id, gives: 1 },
    { head: "WHY", text: whyText, below: true },
  ];
  return tableText(columns, alerts, terminal);
}

function whyText({ cause, ack, told }: AlertRow): string {
  const who = told.filter(({ phase }) => phase !== "missed").map(({ receiver }) => receiver);
  return [
    cause,
    ...(ack === null ? [] : [`acknowledged by ${ack.by}: ${ack.why}`]),
    who.length === 0 ? "nobody was notified" : `notified: ${who.join(", ")}`,
  ].join("; ");
}
