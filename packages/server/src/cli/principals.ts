import { answerOf } from "./api-answer.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { agoText, amountOf, countText } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";

/** A principal as the API has it. */
interface PrincipalAnswer {
  readonly name: string;
  readonly socket: string | null;
  readonly may_connect: string | null;
  readonly problem: string | null;
  readonly channels: readonly string[];
  readonly processes: "any" | "own";
  readonly bots: number;
  readonly max_bots: number | null;
  readonly connections: number;
  readonly max_connections: number | null;
  readonly refused_connections: number;
  readonly rows_per_second: number;
  readonly max_rows_per_second: number | null;
  readonly received: number;
  readonly shed: readonly ShedAnswer[];
}

interface ShedAnswer {
  readonly reason: string;
  readonly messages: number;
  readonly channel: string;
  readonly at: string;
}

interface Row extends PrincipalAnswer {
  /** What was shed and refused of it. */
  readonly why: string;
}

const columns: readonly Column<Row>[] = [
  { head: "PRINCIPAL", text: ({ name }) => name, least: 10, gives: 2 },
  { head: "BOTS", text: ({ bots, max_bots }) => ofText(bots, max_bots), align: "right" },
  {
    head: "CONNECTIONS",
    text: ({ connections, max_connections }) => ofText(connections, max_connections),
    align: "right",
  },
  {
    head: "ROWS/S",
    text: ({ rows_per_second, max_rows_per_second }) => ofText(rows_per_second, max_rows_per_second),
    align: "right",
  },
  { head: "RECEIVED", text: ({ received }) => countText(received), align: "right" },
  {
    head: "SHED",
    text: ({ shed }) => countText(shedIn(shed)),
    align: "right",
    style: ({ shed }) => (shedIn(shed) > 0 ? "yellow" : undefined),
  },
  { head: "WHY", text: ({ why }) => why, below: true },
  { head: "SOCKET", text: socketText, below: true },
];

/** Shows who reports over which listener, how much of its quotas it takes, and what was shed. */
export async function runPrincipals(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal, nowMs } = context;
  const { principals } = await answerOf(context, options, "/api/v1/principals");
  const found = principals as readonly PrincipalAnswer[];
  if (options["json"] === true) terminal.printJson({ principals: found });
  else if (found.length === 0) {
    terminal.print(
      "Every bot reports over the one socket: see listeners: in the config file for more of them.",
    );
  } else {
    const rows = found.map((one) => ({ ...one, why: whyText(one, nowMs()) }));
    terminal.print(tableText(columns, rows, terminal));
  }
  return exitCodes.ok;
}

function whyText({ shed, refused_connections: refused }: PrincipalAnswer, nowMs: number): string {
  return [
    ...shed.map((one) => shedText(one, nowMs)),
    ...(refused === 0 ? [] : [`${amountOf(refused, "connection")} refused`]),
  ].join("; ");
}

function socketText({ socket, may_connect: who, problem, channels, processes }: PrincipalAnswer): string {
  return [
    ...(problem === null ? [] : [problem]),
    socket === null ? "its listener was removed" : `${socket}, ${who}`,
    `channels ${channels.join(" ")}`,
    ...(processes === "own" ? ["its own processes alone"] : []),
  ].join("; ");
}

function shedText({ reason, messages, channel, at }: ShedAnswer, nowMs: number): string {
  return `${countText(messages)} ${reason}, last ${channel} ${agoText(at, nowMs)}`;
}

/** `12/50`; `12` where there is no bound. */
function ofText(amount: number, most: number | null): string {
  return most === null ? countText(amount) : `${countText(amount)}/${countText(most)}`;
}

function shedIn(shed: readonly ShedAnswer[]): number {
  return shed.reduce((sum, { messages }) => sum + messages, 0);
}
