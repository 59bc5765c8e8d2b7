// Fleets in a process of their own: bots that stay connected, bots that connect for each line, and a fleet that beats evenly.
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { MonitorClient } from "@kissbot/client";
import { answer } from "./answer.mjs";

export interface Latencies {
  readonly ms: readonly number[];
  readonly failed: number;
  readonly wallMs: number;
}

const clients: MonitorClient[] = [];
const sockets: Socket[] = [];
/** Above what Linux numbers processes with: nobody's. */
const firstPid = 5_000_000;
let beating = false;

answer({
  /** `concurrent` connections at a time until `count` lines are sent, each over a connection of its own. */
  oldClients: async ({
    socketPath,
    count,
    concurrent,
  }: {
    socketPath: string;
    count: number;
    concurrent: number;
  }) => {
    const since = performance.now();
    const ms: number[] = [];
    let [next, failed] = [0, 0];
    const work = async () => {
      while (next < count) {
        const from = performance.now();
        if (await sendOnce(socketPath, lineOf(next++))) ms.push(performance.now() - from);
        else failed++;
      }
    };
    await Promise.all(Array.from({ length: concurrent }, work));
    return { ms, failed, wallMs: performance.now() - since } satisfies Latencies;
  },
  persistent: async ({ socketPath, count }: { socketPath: string; count: number }) => {
    for (let i = 0; i < count; i++) clients.push(new MonitorClient(`bot-${i}`, firstPid + i, { socketPath }));
    await Promise.all(clients.map((client) => client.register()));
    await Promise.all(clients.map((client) => client.flush()));
  },
  /** All in the same instant; from each call to its own resolution. */
  beatAtOnce: async () => {
    const since = performance.now();
    let failed = 0;
    const ms = await Promise.all(
      clients.map(async (client) => {
        const from = performance.now();
        if (!(await client.heartbeat())) failed++;
        return performance.now() - from;
      }),
    );
    return { ms, failed, wallMs: performance.now() - since } satisfies Latencies;
  },
  fleet: async ({ socketPath, count, everyMs }: { socketPath: string; count: number; everyMs: number }) => {
    for (let i = 0; i < count; i++) {
      const socket = connect(socketPath);
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      sockets.push(socket);
      socket.write(lineOf(i));
    }
    beating = true;
    void beatEvenly(everyMs);
  },
  end: async () => {
    beating = false;
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(clients.splice(0).map((client) => client.close({ timeoutMs: 1_000 })));
  },
});

async function beatEvenly(everyMs: number): Promise<void> {
  const since = performance.now();
  for (let sent = 0; beating; await delay(10)) {
    const due = ((performance.now() - since) / everyMs) * sockets.length;
    for (; sent < due; sent++) sockets[sent % sockets.length]?.write(lineOf(sent % sockets.length));
  }
}

/** True when the kernel took the line and the connection ended well. */
function sendOnce(socketPath: string, line: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(true));
    socket.on("connect", () => socket.end(line));
    socket.resume();
  });
}

function lineOf(i: number): string {
  return `${JSON.stringify({ type: "heartbeat", channel: `bot-${i}`, pid: firstPid + i, interval_s: 15 })}\n`;
}
