import type { Database } from "better-sqlite3";

const functionName = "monitor_utf16_order";

/**
 * An expression that sorts a text as JavaScript does, by UTF-16 units, so that an answer that
 * SQLite cuts is that of every other store. SQLite compares UTF-8, which differs beyond U+FFFF.
 * ASCII costs no call out of SQLite. Texts with a zero in them take the call, as `length` ends
 * there.
 */
export function inUtf16Order(text: string): string {
  const isPlain = `${text} IS NULL OR length(CAST(${text} AS BLOB)) = length(${text})`;
  return `CASE WHEN ${isPlain} THEN ${text} ELSE CAST(${functionName}(${text}) AS TEXT) END`;
}

/** For a connection that is asked with `inUtf16Order`. */
export function defineUtf16Order(db: Database): void {
  db.function(functionName, { deterministic: true }, (text: unknown) => bytesInUtf16Order(String(text)));
}

/** Each UTF-16 unit in the form that UTF-8 has for it, which keeps their order. */
function bytesInUtf16Order(text: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}
