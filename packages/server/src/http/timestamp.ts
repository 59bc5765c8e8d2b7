/** The last millisecond that four digits of a year can hold. */
const maxTimestampMs = 253_402_300_799_999;

const dayMs = 86_400_000;

let cachedDay = Number.NaN;
let cachedDate = "";

/**
 * A time in the database's form: `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`. Null if it is unknown or does
 * not fit the form: a bot may send any number as the start of its process, and no answer may fail
 * because of it.
 *
 * Caches the date: a bot has five times, mostly of one day, and `toISOString` would take two thirds
 * of the encoding time.
 */
export function timestampFromMs(ms: number | null): string | null {
  if (ms === null || !(ms >= 0 && ms <= maxTimestampMs)) return null;
  const day = Math.floor(ms / dayMs);
  if (day !== cachedDay) {
    cachedDate = new Date(day * dayMs).toISOString().slice(0, 10);
    cachedDay = day;
  }
  const rest = Math.floor(ms - day * dayMs);
  const hours = digits(Math.floor(rest / 3_600_000), 2);
  const minutes = digits(Math.floor(rest / 60_000) % 60, 2);
  const seconds = digits(Math.floor(rest / 1000) % 60, 2);
  return `${cachedDate}T${hours}:${minutes}:${seconds}.${digits(rest % 1000, 3)}000+00:00`;
}

function digits(value: number, width: 2 | 3): string {
  const text = value < 10 ? `0${value}` : `${value}`;
  return width === 3 && value < 100 ? `0${text}` : text;
}
