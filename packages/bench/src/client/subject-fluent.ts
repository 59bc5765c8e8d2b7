import fluent from "fluent-logger";
import type { Place } from "./fault.js";
import type { Subject } from "./subject.js";

export function open({ socketPath }: Place): Subject {
  const quiet = { info: () => {}, error: () => {} };
  const sender = fluent.createFluentSender("bench", {
    path: socketPath,
    reconnectInterval: 250,
    internalLogger: quiet,
  });
  // Its types leave the emitter out; without a listener its errors would be thrown.
  (sender as unknown as NodeJS.EventEmitter).on("error", () => {});
  return {
    call: (i) =>
      sender.emit("llm_usage", {
        model: "claude-sonnet",
        feature: "chat",
        tokens_in: i,
        tokens_out: 340,
        latency_ms: 812,
      }),
    close: () => new Promise((resolve) => sender.end("end", {}, resolve as () => void)),
  };
}
