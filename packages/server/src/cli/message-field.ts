import type { Message } from "@kissbot/protocol";

export type MessageType = Message["type"];

/** One field of a message as an option of `send`. */
export interface MessageField {
  /** On the wire: `tokens_in`. */
  readonly name: string;
  readonly argument: string;
  readonly help: string;
  readonly kind: FieldKind;
  readonly required?: true;
}

/** How to read a value from its option, and what an error says was expected. */
interface FieldKind {
  readonly input: "text" | "number" | "flags";
  readonly expected: string;
}

const kinds = {
  name: { input: "text", expected: "1 to 256 characters, no control characters" },
  code: { input: "text", expected: "1 to 64 characters of a-z, 0-9 and _" },
  channel: {
    input: "text",
    expected: "1 to 128 characters, no control characters, neither . nor ..",
  },
  features: { input: "flags", expected: "at most 256 names of 1 to 128 characters, each true or false" },
  pid: { input: "number", expected: "a whole number from 1 to 4294967295" },
  count: { input: "number", expected: "a whole number from 0 to 9007199254740991" },
  amount: { input: "number", expected: "a number from 0 up" },
  interval: { input: "number", expected: "a number above 0" },
  number: { input: "number", expected: "a number" },
  time: { input: "number", expected: "Unix milliseconds" },
} as const satisfies Record<string, FieldKind>;

const channel = field("channel", "<name>", "name of the bot", "channel", true);
const pid = field("pid", "<n>", "process id of the bot; in a shell script, $$", "pid", true);
const startedAt = field("started_at", "<ms>", "when that process started, Unix milliseconds", "time");
const interval = field("interval_s", "<seconds>", "seconds between the heartbeats of this bot", "interval");
const trouble = field("trouble", "<text>", "why the bot does not work although it is alive", "name");
const ts = field("ts", "<ms>", "when it happened, Unix milliseconds; otherwise now", "time");

interface MessageKind {
  readonly summary: string;
  readonly fields: readonly MessageField[];
}

/** The options of `send` for each type of message. The protocol's decoder checks the values. */
export const messageKinds: { readonly [Type in MessageType]: MessageKind } = {
  register: {
    summary: "a bot announces itself",
    fields: [
      channel,
      pid,
      field("features", "<name[=true|false]>", "a feature that is on (or off); may be repeated", "features"),
      field("version", "<text>", "version of the bot", "name"),
      startedAt,
      interval,
      trouble,
      ts,
    ],
  },
  heartbeat: {
    summary: "a bot reports that it is alive",
    fields: [
      channel,
      pid,
      field("rss_mb", "<n>", "memory that the bot measured, MiB", "amount"),
      field("cpu_pct", "<n>", "CPU that the bot measured; 100 is one core", "amount"),
      field("dropped", "<n>", "usage and metric lines lost since its start", "count"),
      startedAt,
      interval,
      trouble,
      ts,
    ],
  },
  unregister: { summary: "a bot says goodbye", fields: [channel, pid, ts] },
  llm_usage: {
    summary: "one call of a language model",
    fields: [
      channel,
      field("model", "<name>", "model that was called", "name", true),
      field("feature", "<name>", "feature of the bot that called it", "name", true),
      field("tokens_in", "<n>", "tokens sent", "count", true),
      field("tokens_out", "<n>", "tokens received", "count", true),
      field("latency_ms", "<n>", "how long the call took", "amount"),
      field("provider", "<name>", "provider of the model", "name"),
      field("tokens_cached", "<n>", "tokens read from a cache, part of those sent", "count"),
      field("tokens_cache_write", "<n>", "tokens written to a cache, part of those sent", "count"),
      field("cost_usd", "<n>", "what it cost, US dollars", "amount"),
      field("error", "<kind>", "how it failed, if it did: rate_limit, timeout, server, other, ...", "code"),
      ts,
    ],
  },
  custom_metric: {
    summary: "one value of the bot's own metric",
    fields: [
      channel,
      field("metric_name", "<name>", "name of the metric", "name", true),
      field("value", "<n>", "the value", "number", true),
      ts,
    ],
  },
};

/** What the decoder expects of a field, whatever message it is in. */
export function expectedOf(name: string): string {
  for (const { fields } of Object.values(messageKinds)) {
    const found = fields.find((one) => one.name === name);
    if (found !== undefined) return found.kind.expected;
  }
  return kinds.name.expected;
}

export function flagOf({ name }: Pick<MessageField, "name">): string {
  return `--${name.replaceAll("_", "-")}`;
}

function field(
  name: string,
  argument: string,
  help: string,
  kind: keyof typeof kinds,
  required = false,
): MessageField {
  return { name, argument, help, kind: kinds[kind], ...(required ? { required } : {}) };
}
