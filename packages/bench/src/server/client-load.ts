// A load in a process of its own: bots with a client each, which beat in the same instant.
import { MonitorClient } from "@kissbot/client";
import { answer } from "./answer.mjs";

const clients: MonitorClient[] = [];

answer({
  connect: async ({ socketPath, count, from }: { socketPath: string; count: number; from: number }) => {
    for (let i = 0; i < count; i++)
      clients.push(new MonitorClient(`bot_${from + i}`, process.pid, { socketPath }));
    const connected = await Promise.all(clients.map((client) => client.register({ chat: true })));
    if (connected.includes(false)) throw new Error("a client did not connect");
  },
  /** Every client beats at that moment; how long each call took to resolve, and how many did not resolve with true. */
  beat: async ({ atMs }: { atMs: number }) => {
    while (Date.now() < atMs);
    let failed = 0;
    const durationsMs = await Promise.all(
      clients.map(async (client) => {
        const called = performance.now();
        if (!(await client.heartbeat())) failed++;
        return performance.now() - called;
      }),
    );
    return { durationsMs, failed };
  },
});
