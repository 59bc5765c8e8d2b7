import process from "node:process";
import { outside } from "../runtime.js";
import { emitWarning } from "../warning.js";

/*
 * Loaded when a call cannot be reported, and never before.
 */

const sentences = {
  usage:
    "an answer says no usage. OpenAI's streams say it with stream_options: { include_usage: true }, the AI SDK's provider " +
    "for others like OpenAI with includeUsage: true; else report the call with logLlmUsage and usageOf",
  model: "a call has no model: neither its answer nor the option `model` names one",
  onFinish:
    "a stream of this version of the AI SDK is left alone; report the call in onFinish, with logLlmUsage and usageOf",
};

/** Why a call is not reported. */
export type Mystery = keyof typeof sentences;

const told = new Set<Mystery>();

/** Warns of it, once in a process. */
export function warnOf(why: Mystery): void {
  if (told.has(why) || /^(?:1|true)$/.test(`${process.env["KISSBOT_MONITOR_DISABLED"]}`)) return;
  told.add(why);
  const sentence = `trackLlm: ${sentences[why]}`;
  // Outside the bot's request: the first warning opens `process.stderr`, which outlives it.
  outside(() => void emitWarning(sentence, "KissbotWarning", "KISSBOT_UNKNOWN_USAGE").catch(() => {}));
}
