import { message } from "./expectation.js";
import type { Piece } from "./stream.js";
import type { Tagged } from "./value.js";

/** The JSON text of each field, by its name; a text may be of several pieces. */
export type FieldTexts = Record<string, string | Piece[]>;

/** The smallest message of each type: the text of its fields, and what it decodes to. */
export const samples = {
  register: {
    texts: { type: '"register"', channel: '"lounge"', pid: "4242" },
    message: { type: "register", channel: "lounge", pid: 4242, features: {} },
  },
  heartbeat: {
    texts: { type: '"heartbeat"', channel: '"lounge"', pid: "4242" },
    message: { type: "heartbeat", channel: "lounge", pid: 4242 },
  },
  unregister: {
    texts: { type: '"unregister"', channel: '"lounge"', pid: "4242" },
    message: { type: "unregister", channel: "lounge", pid: 4242 },
  },
  llm_usage: {
    texts: {
      type: '"llm_usage"',
      channel: '"lounge"',
      model: '"gpt-4o-mini"',
      feature: '"reply"',
      tokens_in: "812",
      tokens_out: "64",
    },
    message: {
      type: "llm_usage",
      channel: "lounge",
      model: "gpt-4o-mini",
      feature: "reply",
      tokens_in: 812,
      tokens_out: 64,
    },
  },
  custom_metric: {
    texts: { type: '"custom_metric"', channel: '"lounge"', metric_name: '"queue"', value: "7" },
    message: { type: "custom_metric", channel: "lounge", metric_name: "queue", value: 7 },
  },
} satisfies Record<string, { texts: FieldTexts; message: Tagged }>;

export type MessageType = keyof typeof samples;

/** An object of these fields, as pieces of one line without its newline. */
export function lineOf(texts: FieldTexts): Piece[] {
  const pieces: Piece[] = [];
  for (const [name, value] of Object.entries(texts)) {
    pieces.push(`${pieces.length === 0 ? "{" : ","}${JSON.stringify(name)}:`);
    pieces.push(...(Array.isArray(value) ? value : [value]));
  }
  return [...pieces, "}"];
}

/** A heartbeat of the process `pid`, as a line without its newline. */
export const beat = (pid: number): string => `{"type":"heartbeat","channel":"lounge","pid":${pid}}`;

/** What `beat` decodes to. */
export const beaten = (pid: number) => message({ type: "heartbeat", channel: "lounge", pid });

/** A heartbeat with one more field that protocol 1 does not know; its text is any JSON. */
export const beatWith = (...text: Piece[]): Piece[] => [
  '{"type":"heartbeat","channel":"lounge","pid":1,"extra":',
  ...text,
  "}",
];

/** A heartbeat whose channel has this JSON text. */
export const beatIn = (...channel: Piece[]): Piece[] => [
  '{"type":"heartbeat","channel":',
  ...channel,
  ',"pid":1}',
];

/** What `beatIn` decodes to. */
export const beatenIn = (channel: Tagged) => message({ type: "heartbeat", channel, pid: 1 });
