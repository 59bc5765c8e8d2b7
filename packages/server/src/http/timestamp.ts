/** The last millisecond that four digits of a year can hold. */
const maxTimestampMs = 253_402_300_799_999;

/**
 * A time as the database has it: `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`. Null for an unknown one, and for one that the form cannot hold: a bot
 * may send any number as the start of its process, and no answer may fail for it.
 */
export function timestampFromMs(ms: number | null): string | null {
  if (ms === null || !(ms >= 0 && ms <= maxTimestampMs)) return null;
  return `${new Date(ms).toISOString().slice(0, 23)}000+00:00`;
}
