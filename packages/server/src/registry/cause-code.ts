/**
 * Why a bot is in its status, for programs: a closed list. `docs/http-api.md` explains each. The
 * store has the same list of its own, as this room imports nothing; the compiler compares the two
 * where records are made and restored.
 */
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
