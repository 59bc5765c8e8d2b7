import { MonitorClient } from "@kissbot/client";
import type { Place } from "./fault.js";
import type { Subject } from "./subject.js";

export async function open({ socketPath }: Place): Promise<Subject> {
  const client = new MonitorClient("bench", process.pid, { socketPath });
  await client.register();
  return {
    call: (i) =>
      void client.logLlmUsage({
        model: "claude-sonnet",
        feature: "chat",
        tokensIn: i,
        tokensOut: 340,
        latencyMs: 812,
      }),
    close: () => client.close(),
  };
}
