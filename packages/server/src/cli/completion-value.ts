import { botStatuses, causeCodes, usageKeys } from "@kissbot/store";
import { statusWords } from "./bot-filter.js";
import { sortKeys } from "./bot-order.js";
import { exportFormats } from "./export-format.js";
import { exportKinds } from "./export-rows.js";
import { usageOrderWords } from "./usage.js";

/** The kinds of arguments of a flag. */
export type CompletionValue =
  /** `list`: several of them, separated by commas. */
  | { readonly kind: "words" | "list"; readonly words: readonly string[] }
  | { readonly kind: "channels" | "file" | "anything" };

const values: Readonly<Record<string, CompletionValue>> = {
  "--status": { kind: "list", words: botStatuses },
  "bots --status": { kind: "list", words: statusWords.split(", ") },
  "--sort": { kind: "words", words: sortKeys.split(", ") },
  "--cause": { kind: "list", words: causeCodes },
  "--by": { kind: "list", words: usageKeys },
  "forget --by": { kind: "anything" },
  "ack --by": { kind: "anything" },
  "add --by": { kind: "anything" },
  "run --by": { kind: "anything" },
  "--order": { kind: "words", words: usageOrderWords },
  "--format": { kind: "words", words: exportFormats },
  "--since": { kind: "words", words: ["today", "yesterday", "1h", "24h", "7d"] },
  "--until": { kind: "words", words: ["now", "today", "yesterday"] },
  "--channel": { kind: "channels" },
  "--config": { kind: "file" },
  "--output": { kind: "file" },
  "--socket": { kind: "file" },
  "--store": { kind: "file" },
};

/**
 * The values of a flag: those that its option names, else those of the flag of this name, for this
 * command or any.
 */
export function valueOfFlag(
  command: string,
  flag: string,
  choices: readonly string[] | undefined,
): CompletionValue {
  if (choices !== undefined) return { kind: "words", words: choices };
  return values[`${command} ${flag}`] ?? values[flag] ?? { kind: "anything" };
}

const operands: Readonly<Record<string, CompletionValue>> = {
  channel: { kind: "channels" },
  file: { kind: "file" },
  path: { kind: "file" },
  what: { kind: "words", words: exportKinds },
};

/** What completes the first argument with this name; null if nothing does. */
export function valueOfArgument(name: string): CompletionValue | null {
  return operands[name] ?? null;
}
