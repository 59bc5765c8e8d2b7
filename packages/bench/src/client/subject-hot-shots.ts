import { StatsD } from "hot-shots";
import type { Place } from "./fault.js";
import type { Subject } from "./subject.js";

export function open({ port }: Place): Subject {
  const client = new StatsD({ protocol: "tcp", host: "127.0.0.1", port, errorHandler: () => {} });
  const tags = { channel: "bench", model: "claude-sonnet", feature: "chat" };
  return {
    call: (i) => client.gauge("llm.tokens_in", i, tags),
    close: () => new Promise((resolve) => client.close(resolve)),
  };
}
