import type { Message } from "@kissbot/protocol";

/**
 * What the bots of a fleet of 200 send; pids, counts and latencies differ from message to message.
 */
export type WorkloadName = "heartbeat" | "llm_usage" | "register" | "custom_metric";

export function createWorkload(name: WorkloadName, count: number): Message[] {
  return Array.from({ length: count }, (_, i) => messageOf(name, i));
}

function messageOf(name: WorkloadName, i: number): Message {
  const channel = `bot-${i % 200}`;
  const pid = 1_000 + (i % 200);
  switch (name) {
    case "heartbeat":
      return { type: "heartbeat", channel, pid };
    case "llm_usage":
      return {
        type: "llm_usage",
        channel,
        model: "gpt-4o-mini",
        feature: "reply",
        tokens_in: i % 4_000,
        tokens_out: i % 700,
        latency_ms: 100.5 + (i % 900),
      };
    case "register":
      return { type: "register", channel, pid, features: { jokes: true, songs: false }, version: "2.4.1" };
    case "custom_metric":
      return { type: "custom_metric", channel, metric_name: "viewers", value: i % 5_000 };
  }
}

/** The messages as JSON.stringify writes them, each a line. */
export function bytesOf(messages: readonly Message[]): Buffer {
  return Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
}
