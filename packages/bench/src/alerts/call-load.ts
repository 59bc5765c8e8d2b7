// A bot in a process of its own, which makes calls of our client as fast as it can, 100 in each
// turn of the event loop.
import { MonitorClient } from "@kissbot/client";
import { answer } from "../server/answer.mjs";
import { percentileOf } from "../server/percentile.js";

export interface CallOrder {
  readonly socketPath: string;
  readonly calls: number;
}

answer({
  call: async ({ socketPath, calls }: CallOrder) => {
    const client = new MonitorClient("bench", process.pid, { socketPath });
    await client.register();
    const usage = { model: "claude-sonnet", feature: "chat", tokensIn: 12, tokensOut: 340, latencyMs: 812 };
    const tookUs: number[] = [];
    // As many first that are not counted.
    for (let i = 0; i < 2 * calls; i++) {
      const sinceMs = performance.now();
      void client.logLlmUsage(usage);
      if (i >= calls) tookUs.push((performance.now() - sinceMs) * 1_000);
      if (i % 100 === 99) await new Promise(setImmediate);
    }
    await client.close();
    return percentileOf(tookUs, 0.5);
  },
});
