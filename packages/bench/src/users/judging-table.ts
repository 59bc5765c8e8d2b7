import { LineIntake } from "../../../server/src/ingest/line-intake.js";
import type { LineStream } from "../../../server/src/ingest/line-stream.js";
import type { Principal } from "../../../server/src/principals/principal.js";
import { Principals } from "../../../server/src/principals/principals.js";
import { MessageQueue } from "../../../server/src/queue/message-queue.js";
import { cellOf, ratiosOf, times } from "../server/cell.js";
import type { Table } from "../table.js";

const channels = 100;
const linesPerChunk = 250;
const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
const logger = { info: () => undefined, warn: () => undefined };

/** What a message costs from its bytes to the queue and out of it, by who sends it. */
export function judgingTable(isQuick: boolean): Table {
  const [runs, chunks] = isQuick ? [3, 40] : [15, 2_000];
  const none: number[] = [];
  const bounded: number[] = [];
  const refused: number[] = [];
  const judged: number[] = [];
  // The first run of each warms it up.
  for (let run = -1; run < runs; run++) {
    const principals = new Principals({ policies: [policyOf(["team_a_*", "#team_a-*"])], clock, logger });
    const stranger = new Principals({ policies: [policyOf(["team_b_*"])], clock, logger });
    const figures = [
      [none, intakeNs(null, null, chunks)],
      [bounded, intakeNs(principals, principals.get("team") as Principal, chunks)],
      [refused, intakeNs(stranger, stranger.get("team") as Principal, chunks)],
      [judged, judgeNs(principals, principals.get("team") as Principal, chunks)],
    ] as const;
    if (run >= 0) for (const [all, ns] of figures) all.push(ns);
  }
  const nanoseconds = (of: readonly number[]) => cellOf(of, (ns) => ns.toFixed(0));
  const row = (name: string, of: readonly number[]) => [
    name,
    nanoseconds(of),
    cellOf(ratiosOf(none, of), times),
  ];
  return {
    title: "What a message costs that is judged",
    method: `Chunks of ${linesPerChunk} lines, calls and heartbeats of ${channels} channels, through the intake into the queue and out of it. Two patterns and a rate. Median of ${runs} runs in turn (least to most). The budget is 50 ns a message, and 0.98 x the messages of a listener without bounds.`,
    columns: ["messages", "ns a message", "rate"],
    rows: [
      row("nobody is told apart", none),
      row("of a principal with bounds", bounded),
      row("that the principal may not send", refused),
      ["the verdict alone", nanoseconds(judged), ""],
    ],
  };
}

function policyOf(patterns: readonly string[]) {
  const bounds = { maxBots: 1_000, maxConnections: null, rowsPerSecond: 1e9, ownUid: null };
  return { name: "team", channels: patterns, ...bounds };
}

function intakeNs(principals: Principals | null, principal: Principal | null, chunks: number): number {
  const queue = new MessageQueue({ maxRows: 100_000, maxBots: 10_000 });
  const intake = new LineIntake({
    queue,
    clock,
    log: { note: () => undefined },
    ...(principals === null ? {} : { principals }),
  });
  const stream: LineStream = {
    principal,
    decoder: undefined,
    heldBytes: 0,
    lines: 0,
    trace: undefined,
    giveUp: () => undefined,
  };
  const chunk = Buffer.from(
    Array.from({ length: linesPerChunk }, (_, i) => {
      const channel = `team_a_${i % channels}`;
      return i % 5 === 0
        ? `{"type":"heartbeat","channel":"${channel}","pid":7}\n`
        : `{"type":"llm_usage","channel":"${channel}","model":"m","feature":"f","tokens_in":${i},"tokens_out":1}\n`;
    }).join(""),
  );
  const startMs = performance.now();
  for (let i = 0; i < chunks; i++) {
    intake.pushChunk(stream, chunk);
    queue.drainLiveness(1_000, () => "processed");
    queue.drainUsage(1_000, () => undefined);
  }
  return ((performance.now() - startMs) * 1e6) / (chunks * linesPerChunk);
}

function judgeNs(principals: Principals, principal: Principal, chunks: number): number {
  const names = Array.from({ length: channels }, (_, i) => Buffer.from(`team_a_${i}`));
  principals.readClock();
  let tookMs = 0;
  let refused = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    // Each message brings a text of its own, which was just decoded.
    const texts = Array.from({ length: linesPerChunk }, (_, i) => `${names[i % channels]}`);
    const startMs = performance.now();
    for (const text of texts) if (principal.judge(true, text, 0) !== null) refused++;
    tookMs += performance.now() - startMs;
  }
  if (refused > 0) throw new Error(`${refused} messages were refused`);
  return (tookMs * 1e6) / (chunks * linesPerChunk);
}
