import type { Message } from "@kissbot/protocol";

export type MessageType = Message["type"];

/** One field of a message as an option of `send`. */
export interface MessageField {
  /** On the wire: `tokens_in`. */
  readonly name: string;
  readonly argument: string;
  readonly help: string;
  readonly kind: "text" | "number" | "flags";
  readonly required?: true;
}

const channel = field("channel", "<name>", "name of the bot", "text", true);
const pid = field("pid", "<n>", "process of the bot; in a shell script, $$", "number", true);
const startedAt = field("started_at", "<ms>", "when that process started, Unix milliseconds", "number");
const interval = field("interval_s", "<seconds>", "how often this bot beats", "number");
const ts = field("ts", "<ms>", "when it happened, Unix milliseconds; otherwise now", "number");

interface MessageKind {
  readonly summary: string;
  readonly fields: readonly MessageField[];
}

/** What `send` offers for each type of message; whether values are right, the protocol's own decoder says. */
export const messageKinds: { readonly [Type in MessageType]: MessageKind } = {
  register: {
    summary: "a bot says that it is there",
    fields: [
      channel,
      pid,
      field("features", "<name[=true|false]>", "a feature that is on (or off); may be repeated", "flags"),
      field("version", "<text>", "version of the bot", "text"),
      startedAt,
      interval,
      ts,
    ],
  },
  heartbeat: {
    summary: "a bot says that it is alive",
    fields: [
      channel,
      pid,
      field("rss_mb", "<n>", "memory as the bot measured it, MiB", "number"),
      field("cpu_pct", "<n>", "CPU as the bot measured it; 100 is one core", "number"),
      field("dropped", "<n>", "usage and metric lines lost since its start", "number"),
      startedAt,
      interval,
      ts,
    ],
  },
  unregister: { summary: "a bot says goodbye", fields: [channel, pid, ts] },
  llm_usage: {
    summary: "one call of a language model",
    fields: [
      channel,
      field("model", "<name>", "model that was called", "text", true),
      field("feature", "<name>", "feature of the bot that called it", "text", true),
      field("tokens_in", "<n>", "tokens sent", "number", true),
      field("tokens_out", "<n>", "tokens received", "number", true),
      field("latency_ms", "<n>", "how long the call took", "number"),
      field("provider", "<name>", "provider of the model", "text"),
      field("tokens_cached", "<n>", "tokens of a cache, part of those sent", "number"),
      field("cost_usd", "<n>", "what it cost, US dollars", "number"),
      ts,
    ],
  },
  custom_metric: {
    summary: "one value of a metric of the bot's own",
    fields: [
      channel,
      field("metric_name", "<name>", "name of the metric", "text", true),
      field("value", "<n>", "the value", "number", true),
      ts,
    ],
  },
};

export function flagOf({ name }: Pick<MessageField, "name">): string {
  return `--${name.replaceAll("_", "-")}`;
}

function field(
  name: string,
  argument: string,
  help: string,
  kind: MessageField["kind"],
  required = false,
): MessageField {
  return { name, argument, help, kind, ...(required ? { required } : {}) };
}
