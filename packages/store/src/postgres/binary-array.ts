/**
 * Arrays as PostgreSQL takes them in binary: what its own `array_send` would answer for them. One
 * buffer per column is written in a single pass; pg sends a Buffer in binary.
 */
export interface NumberCells {
  readonly length: number;
  /** The number of a row; NaN is NULL. */
  numberAt(row: number): number;
}

export interface TextCells {
  readonly length: number;
  /** The text of a row, or null. */
  at(row: number): string | null;
}

const oids = { bool: 16, int8: 20, text: 25, float8: 701, timestamptz: 1184 } as const;
const headerBytes = 20;
const emptyBytes = 12;
const lengthBytes = 4;
/** From 1970 to 2000, where PostgreSQL's times begin. */
const epochMs = 946_684_800_000;
const high = 2 ** 32;

/** Whole numbers, exact within ±(2^53 - 1). */
export function int8Array(cells: NumberCells): Buffer {
  return numberArray(oids.int8, 8, cells, writeInt8);
}

export function float8Array(cells: NumberCells): Buffer {
  return numberArray(oids.float8, 8, cells, (buffer, value, at) => buffer.writeDoubleBE(value, at));
}

/** Unix milliseconds as `timestamptz`. */
export function timestampArray(cells: NumberCells): Buffer {
  return numberArray(oids.timestamptz, 8, cells, writeTimestamp);
}

/** 1 is true. */
export function boolArray(cells: NumberCells): Buffer {
  return numberArray(oids.bool, 1, cells, (buffer, value, at) => buffer.writeUInt8(value === 0 ? 0 : 1, at));
}

/** The bytes of each distinct text are made once. */
export function textArray(cells: TextCells): Buffer {
  const { length } = cells;
  if (length === 0) return emptyArray(oids.text);
  const bytesOf = new Map<string, Buffer>();
  let size = headerBytes + length * lengthBytes;
  let hasNull = false;
  for (let row = 0; row < length; row++) {
    const text = cells.at(row);
    if (text === null) {
      hasNull = true;
      continue;
    }
    let bytes = bytesOf.get(text);
    if (bytes === undefined) {
      bytes = Buffer.from(storableText(text));
      bytesOf.set(text, bytes);
    }
    size += bytes.length;
  }
  const buffer = Buffer.allocUnsafe(size);
  writeHeader(buffer, oids.text, length, hasNull);
  let at = headerBytes;
  for (let row = 0; row < length; row++) {
    const text = cells.at(row);
    if (text === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const bytes = bytesOf.get(text) as Buffer;
    at = buffer.writeInt32BE(bytes.length, at);
    at += bytes.copy(buffer, at);
  }
  return buffer;
}

const mark = "\u001b";

/**
 * A text as PostgreSQL can hold it, which has no NUL: ESC and NUL are written as ESC `e` and ESC
 * `0`. No two texts become one.
 */
export function storableText(text: string): string {
  if (!text.includes("\0") && !text.includes(mark)) return text;
  return text.replaceAll(mark, `${mark}e`).replaceAll("\0", `${mark}0`);
}

/** The text that `storableText` was given. */
export function originalText(stored: string): string {
  if (!stored.includes(mark)) return stored;
  return stored.replaceAll(`${mark}0`, "\0").replaceAll(`${mark}e`, mark);
}

function numberArray(
  oid: number,
  width: number,
  cells: NumberCells,
  write: (buffer: Buffer, value: number, at: number) => void,
): Buffer {
  const { length } = cells;
  if (length === 0) return emptyArray(oid);
  const buffer = Buffer.allocUnsafe(headerBytes + length * (lengthBytes + width));
  let hasNull = false;
  let at = headerBytes;
  for (let row = 0; row < length; row++) {
    const value = cells.numberAt(row);
    if (Number.isNaN(value)) {
      hasNull = true;
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    at = buffer.writeInt32BE(width, at);
    write(buffer, value, at);
    at += width;
  }
  writeHeader(buffer, oid, length, hasNull);
  return buffer.subarray(0, at);
}

function writeInt8(buffer: Buffer, value: number, at: number): void {
  const upper = Math.floor(value / high);
  buffer.writeInt32BE(upper, at);
  buffer.writeUInt32BE(value - upper * high, at + 4);
}

/** Microseconds since 2000, which a double does not hold exactly in the year 9999. */
function writeTimestamp(buffer: Buffer, ms: number, at: number): void {
  const sinceMs = ms - epochMs;
  const upper = Math.floor(sinceMs / high);
  const lower = (sinceMs - upper * high) * 1_000;
  const carry = Math.floor(lower / high);
  buffer.writeInt32BE(upper * 1_000 + carry, at);
  buffer.writeUInt32BE(lower - carry * high, at + 4);
}

/** One dimension that begins at 1. */
function writeHeader(buffer: Buffer, oid: number, length: number, hasNull: boolean): void {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
}

function emptyArray(oid: number): Buffer {
  const buffer = Buffer.alloc(emptyBytes);
  buffer.writeInt32BE(oid, 8);
  return buffer;
}
