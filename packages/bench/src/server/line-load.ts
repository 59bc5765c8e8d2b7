// A load in a process of its own: lines over many connections, as fast as the sockets take them, as
// fast as their rows are committed, or at a rate.
import type { Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { answer } from "./answer.mjs";
import { connected } from "./connected.js";
import { CommittedRows } from "./rows.js";

export interface WriteOrder {
  readonly type: "llm_usage" | "heartbeat" | "custom_metric";
  readonly lines: number;
  /** Lines in each write. */
  readonly perWrite: number;
  /**
   * How many bots speak over each connection: their lines take turns. No two connections share one,
   * unless all share all 200.
   */
  readonly botsEach: number;
  /** Names of models that the calls take turns with. */
  readonly models?: readonly string[];
  /**
   * At most so many are written whose rows cannot be read yet; absent: as fast as the sockets take
   * them.
   */
  readonly window?: number;
  /** At most so many are written in a second, however few of them are committed. */
  readonly perS?: number;
  /** Where the rows end up: then it is waited until all can be read, but not with `perS`. */
  readonly databasePath?: string;
}

export interface Written {
  /**
   * From the first line on: until the last was handed over, and until the last row could be read.
   */
  readonly handedOverMs: number;
  readonly committedMs: number;
  /** How many more rows could be read at `handedOverMs`; 0 without a database. */
  readonly committedRows: number;
  /**
   * What the load itself took: close to the time, it would have been the load that was measured.
   */
  readonly cpuMs: number;
}

const defaultModels = ["gpt-4o-mini", "claude-sonnet-4-5", "llama-3.1-8b-instruct"];
const features = ["chat", "title", "moderation", "translation"];
const fleet = 200;
const connections: Socket[] = [];
const pollMs = 2;

answer({
  connect: async ({ socketPath, count }: { socketPath: string; count: number }) => {
    for (let i = 0; i < count; i++) connections.push(await connected(socketPath));
  },
  write: async (order: WriteOrder): Promise<Written> => {
    const { databasePath, lines, perS, type } = order;
    const rows =
      databasePath === undefined || type === "heartbeat" ? undefined : new CommittedRows(databasePath, type);
    const batches = connections.map((_, i) => batchesOf(order, i));
    const before = rows?.count() ?? 0;
    const cpu = process.cpuUsage();
    const since = performance.now();
    await writeAll(order, batches, () => (rows?.count() ?? 0) - before);
    const handedOverMs = performance.now() - since;
    const committedRows = (rows?.count() ?? 0) - before;
    while (rows !== undefined && perS === undefined && rows.count() - before < lines) await delay(pollMs);
    const committedMs = performance.now() - since;
    const { user, system } = process.cpuUsage(cpu);
    rows?.close();
    return { handedOverMs, committedMs, committedRows, cpuMs: (user + system) / 1_000 };
  },
});

async function writeAll(
  { lines, perWrite, window = lines, perS = Number.POSITIVE_INFINITY }: WriteOrder,
  batches: readonly (readonly Buffer[])[],
  committedRows: () => number,
): Promise<void> {
  const sinceMs = performance.now();
  let written = 0;
  let committed = 0;
  for (let round = 0; written < lines; round++) {
    const due = perS === Number.POSITIVE_INFINITY ? lines : (perS * (performance.now() - sinceMs)) / 1_000;
    const room = Math.min(lines, committed + window, due);
    let wrote = false;
    for (let i = 0; i < connections.length && written < room; i++) {
      const socket = connections[i] as Socket;
      if (socket.writableNeedDrain) continue;
      const ofSocket = batches[i] as readonly Buffer[];
      socket.write(ofSocket[round % ofSocket.length] as Buffer);
      written += perWrite;
      wrote = true;
    }
    if (wrote) await nextTurn();
    else await delay(1);
    if (written >= committed + window) committed = committedRows();
  }
  while (connections.some((socket) => socket.writableLength > 0)) await delay(1);
}

/** Made beforehand: making lines is no part of what is measured. */
function batchesOf(order: WriteOrder, connection: number): Buffer[] {
  const { perWrite, botsEach } = order;
  const first = botsEach === fleet ? 0 : connection * botsEach;
  return Array.from({ length: 8 }, (_, batch) =>
    Buffer.from(
      Array.from({ length: perWrite }, (_, i) => {
        const number = batch * perWrite + i;
        return lineOf(order, first + (number % botsEach), number);
      }).join(""),
    ),
  );
}

function lineOf({ type, models = defaultModels }: WriteOrder, bot: number, i: number): string {
  const channel = `twitch_channel_${bot}`;
  return `${JSON.stringify({ type, channel, ...fieldsOf(type, models, bot, i) })}\n`;
}

function fieldsOf(type: WriteOrder["type"], models: readonly string[], bot: number, i: number): object {
  switch (type) {
    case "heartbeat":
      return {
        pid: 10_000_000 + bot,
        rss_mb: 50 + (i % 100) / 4,
        cpu_pct: (i % 40) / 4,
        interval_s: 30,
      };
    case "llm_usage":
      return {
        model: models[i % models.length],
        feature: features[i % features.length],
        tokens_in: 100 + (i % 900),
        tokens_out: 20 + (i % 80),
        latency_ms: 300.5 + (i % 700),
      };
    case "custom_metric":
      return { metric_name: features[i % features.length], value: i / 4 };
  }
}
