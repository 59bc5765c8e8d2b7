/** The last millisecond that the store takes. */
const maxTimestampMs = 253_402_300_799_999;

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

export const timeExpectation =
  "a time: ISO 8601 (2026-05-20T12:00:00Z, 2026-05-20), Unix milliseconds, now, or so long ago (90s, 30m, 24h, 7d)";

const iso = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?([Zz]|[+\- ]\d\d:?\d\d)?$/;

/**
 * A time of a query in Unix milliseconds; undefined if it is not one. A time without an offset is
 * UTC, like every time in answers. A space before the offset means a plus: decoding turns an
 * unescaped plus into a space. Ten digits are refused because they are probably seconds: as
 * milliseconds they would be in 1970.
 */
export function msFromQuery(text: string, nowMs: number): number | undefined {
  if (text === "now") return nowMs;
  if (/^\d{1,15}$/.test(text)) {
    const ms = Number(text);
    return text.length === 10 || ms > maxTimestampMs ? undefined : ms;
  }
  const [, amount, unit = ""] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  if (amount !== undefined) return Math.max(0, nowMs - Number(amount) * (unitMs[unit] ?? 0));
  return msFromIso(text);
}

function msFromIso(text: string): number | undefined {
  const [matched, date = "", minutes = "00:00", seconds = "00", fraction = "", offset = "Z"] =
    iso.exec(text) ?? [];
  if (matched === undefined) return undefined;
  // The engine takes the 30th of February for a day in March.
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  const zone = offset
    .replace(" ", "+")
    .replace(/(\d\d)(\d\d)$/, "$1:$2")
    .toUpperCase();
  const ms = Date.parse(`${date}T${minutes}:${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}${zone}`);
  return ms >= 0 && ms <= maxTimestampMs ? ms : undefined;
}
