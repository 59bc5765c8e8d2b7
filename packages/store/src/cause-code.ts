/** Why a bot came into a status, for programs: a closed list. */
export const causeCodes = [
  "registered",
  "registered_again",
  "first_heartbeat",
  "beats_again",
  "goodbye",
  "taken_over",
  "restarted",
  "process_gone",
  "pid_reused",
  "silent",
  "silent_at_start",
  "gone_at_start",
  "as_recorded",
  "forgotten",
  "in_trouble",
  "trouble_over",
  "other",
] as const;
export type CauseCode = (typeof causeCodes)[number];

/**
 * The sentences of rows from before there were codes, as GLOB patterns of SQLite with `*` only. No
 * sentence matches two of them.
 */
export const sentencePatterns: readonly (readonly [CauseCode, pattern: string])[] = [
  ["registered", "registered"],
  ["registered_again", "registered again"],
  ["first_heartbeat", "first heartbeat"],
  ["beats_again", "beats again"],
  ["goodbye", "said goodbye"],
  ["taken_over", "taken over by pid *"],
  ["process_gone", "process * is gone"],
  ["pid_reused", "process * is gone, another one has its pid"],
  ["silent", "no heartbeat for *"],
  ["silent_at_start", "not heard for * at the monitor's start"],
  ["gone_at_start", "process * was gone at the monitor's start"],
  ["as_recorded", "as recorded before the monitor's start"],
];

/** The code that a row has, or else that of its sentence. */
export function causeCodeOf(code: string | null | undefined, sentence: string): CauseCode {
  if (code !== null && code !== undefined) {
    return (causeCodes as readonly string[]).includes(code) ? (code as CauseCode) : "other";
  }
  return sentencePatterns.find(([, pattern]) => matches(sentence, pattern))?.[0] ?? "other";
}

function matches(sentence: string, pattern: string): boolean {
  const [start = "", end] = pattern.split("*");
  if (end === undefined) return sentence === pattern;
  return sentence.length >= start.length + end.length && sentence.startsWith(start) && sentence.endsWith(end);
}
