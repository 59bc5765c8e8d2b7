import { severities } from "../../src/alerts/notice.js";

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const time = { type: "string", format: "date-time", description: "UTC" };
const count = { type: "integer", minimum: 0 };

function objectOf(properties: Readonly<Record<string, object>>): object {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const item = objectOf({
  kind: {
    enum: ["down", "up", "changed", "was_down", "still_down", "flapping", "steady", "info", "test"],
    description: "What is said of the alert: down when it opened, up when it is over.",
  },
  alert_id: { ...text, description: "The same from the first notice of the alert to the last." },
  rule: { ...text, description: "The rule that opened it: down, crash_loop, ..., custom:NAME." },
  subject: {
    ...text,
    description: "A bot's channel, as it reports it; fleet; a problem; a receiver's name; a host's name.",
  },
  subject_kind: { enum: ["bot", "fleet", "monitor", "receiver", "budget", "host"] },
  severity: { enum: severities },
  since: { ...time, description: "Since when it is wrong." },
  ended: { ...time, type: ["string", "null"], description: "When it was fine again; null while it is not." },
  cause: { ...text, description: "The reason in one sentence. It may hold words that a bot chose." },
  facts: {
    type: "object",
    additionalProperties: { type: ["string", "number", "null"] },
    description: "What is known beside it, such as version, lived_ms and last_rss_mb.",
  },
  note: { ...textOrNull, description: "The operator's words on the bot." },
  runbook: textOrNull,
  labels: { type: "object", additionalProperties: text },
  why: { ...textOrNull, description: "Why it is said now, where that is not plain." },
});

/** The JSON Schema (draft-07) of what a webhook and a command get. */
export function noticeSchema(): object {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Notice of KissBot Monitor",
    ...objectOf({
      type: { const: "kissbot.notice" },
      notice_id: { ...text, description: "The same in every attempt: one that was seen before is no news." },
      kind: { enum: ["news", "reminder", "all_well", "first", "test"] },
      receiver: { ...text, description: "The receiver's name in the config." },
      monitor: { ...text, description: "The monitor's name." },
      page_url: { ...textOrNull, description: "Where its page is." },
      made_at: time,
      timezone: { ...text, description: "The IANA zone of the times in text." },
      title: { ...text, description: "All of it in a few words, for people." },
      text: { ...text, description: "All of it in sentences, for people." },
      shared_cause: {
        ...objectOf({
          dimension: { ...text, description: "process, version, prefix or boot." },
          value: text,
          affected: count,
          of: count,
          others_affected: count,
          others: count,
        }),
        type: ["object", "null"],
        description: "What nearly all bots that are down have in common, and nearly no other has.",
      },
      items: { type: "array", items: item, description: "The worst first." },
      items_left_out: { ...count, description: "How many items there was no room for." },
      fleet: objectOf({ online: count, down: count, other: count }),
    }),
  };
}
