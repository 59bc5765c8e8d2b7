// A load in a process of its own: clients of the Python era, which open a connection for each line,
// write it and close.
import { connect } from "node:net";
import { answer } from "./answer.mjs";

export interface Calls {
  readonly socketPath: string;
  /** How many calls in all, and how many of them at once. */
  readonly calls: number;
  readonly atOnce: number;
  /** The number of the first bot, and how many there are: the calls go round. */
  readonly from: number;
  readonly fleet: number;
  /** Unix milliseconds: a moment at which several processes begin. */
  readonly atMs?: number;
}

export interface Called {
  readonly elapsedMs: number;
  /** From the call until the line was written, of those that succeeded. */
  readonly durationsMs: readonly number[];
  readonly failed: number;
}

answer({
  call: async ({ socketPath, calls, atOnce, from, fleet, atMs = 0 }: Calls): Promise<Called> => {
    // Waits in a loop: a timer may be late by more than what is measured.
    while (Date.now() < atMs);
    const durationsMs: number[] = [];
    let failed = 0;
    let next = 0;
    const since = performance.now();
    const client = async () => {
      for (let i = next++; i < calls; i = next++) {
        const durationMs = await send(socketPath, lineOf((from + i) % fleet));
        if (durationMs === null) failed++;
        else durationsMs.push(durationMs);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, client));
    return { elapsedMs: performance.now() - since, durationsMs, failed };
  },
});

/** As `json.dumps` writes it. */
function lineOf(bot: number): string {
  return `{"type": "heartbeat", "channel": "old_channel_${bot}", "pid": ${10_000_000 + bot}}\n`;
}

/**
 * Resolves with how long it took until the line was written, when the connection is closed; with
 * null where it failed.
 */
function send(socketPath: string, line: string): Promise<number | null> {
  return new Promise((resolve) => {
    const called = performance.now();
    let writtenMs: number | null = null;
    const socket = connect(socketPath);
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(writtenMs));
    socket.end(line);
    // The server ends its side when it has read ours; a client of then does not wait for that.
    socket.on("finish", () => {
      writtenMs = performance.now() - called;
      socket.destroy();
    });
  });
}
