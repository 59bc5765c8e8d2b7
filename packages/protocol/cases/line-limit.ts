import { rejected, stream } from "./expectation.js";
import { beat, beaten } from "./sample.js";
import { bytes, lengthOf, type Piece, repeat, utf8 } from "./stream.js";

const limit = 65_536;
const tooLong = rejected("line_too_long");

/** A good heartbeat of exactly `length` bytes: an unknown field fills it. */
function padded(length: number, fill: string | Uint8Array = "x"): Piece[] {
  const head = '{"type":"heartbeat","channel":"lounge","pid":1,"pad":"';
  const tail = '"}';
  const room = length - head.length - tail.length;
  const size = utf8(typeof fill === "string" ? fill : "x").length;
  const odd = room % size;
  return [head, "x".repeat(odd), repeat(fill, (room - odd) / size), tail];
}

/** The pieces, once they are as long as the case says: a case that miscounts its padding would show nothing. */
function exactly(length: number, pieces: Piece[]): Piece[] {
  if (lengthOf(pieces) !== length) throw new RangeError(`${lengthOf(pieces)} bytes instead of ${length}`);
  return pieces;
}

const at = (length: number, fill?: string | Uint8Array) => exactly(length, padded(length, fill));
const good = `${beat(2)}\n`;
const half = limit / 2;
const megabyte = 1_048_576;

export const lineLimit = [
  stream(
    "max-minus-1",
    "A line of 65 535 bytes is judged",
    "F-8",
    [[...at(limit - 1), "\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max",
    "A line of 65 536 bytes is judged",
    "F-8",
    [[...at(limit), "\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-crlf",
    "The carriage return before the newline does not count",
    "F-2 F-8",
    [[...at(limit), "\r\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-minus-1-crlf",
    "65 535 bytes and a carriage return are within the limit",
    "F-2 F-8",
    [[...at(limit - 1), "\r\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-minus-1-crcrlf",
    "Of two carriage returns one counts: 65 536 bytes",
    "F-2 F-8",
    [[...at(limit - 1), "\r\r\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-crcrlf-too-long",
    "Of two carriage returns one counts: 65 537 bytes",
    "F-2 F-8",
    [[...at(limit), "\r\r\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-plus-1-too-long",
    "A line of 65 537 bytes is too long",
    "F-8",
    [[...at(limit + 1), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-plus-1-crlf-too-long",
    "A line of 65 537 bytes and a carriage return is too long",
    "F-2 F-8",
    [[...at(limit + 1), "\r\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-plus-2-too-long",
    "A line of 65 538 bytes is too long",
    "F-8",
    [[...at(limit + 2), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-multibyte",
    "The limit counts bytes: 65 536 bytes of three-byte characters are judged",
    "F-8",
    [[...at(limit, "\u20ac"), "\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-plus-1-multibyte-too-long",
    "The limit counts bytes, not characters: 65 537 bytes in fewer characters are too long",
    "F-8",
    [[...at(limit + 1, "\u20ac"), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-astral",
    "The limit counts bytes: 65 536 bytes of four-byte characters are judged",
    "F-8",
    [[...at(limit, "\u{1f600}"), "\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-plus-1-astral-too-long",
    "65 537 bytes of four-byte characters are too long",
    "F-8",
    [[...at(limit + 1, "\u{1f600}"), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-in-two-chunks",
    "A line of 65 536 bytes in two chunks is judged",
    "F-8 F-9",
    [at(limit), ["\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-crlf-in-three-chunks",
    "Its carriage return and its newline come by themselves",
    "F-2 F-8 F-9",
    [at(limit), "\r", ["\n", good]],
    [beaten(1), beaten(2)],
  ),
  stream(
    "max-cr-then-more-too-long",
    "A carriage return behind 65 536 bytes counts if more follows than a newline",
    "F-2 F-8 F-9",
    [at(limit), "\r", [" \n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "max-plus-1-in-chunks-too-long",
    "65 537 bytes in chunks of 32 768 are too long, reported once",
    "F-8 F-9",
    [repeat("x", half), repeat("x", half), ["x"], ["\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "spaces-before-object-too-long",
    "White space counts: a short object behind 65 536 spaces is too long",
    "F-8",
    [[repeat(" ", limit), beat(1), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "garbage-too-long",
    "A line of garbage is too long before it is no JSON",
    "F-8 R-1",
    [[repeat("x", limit + 1), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "garbage-max",
    "A line of 65 536 bytes of garbage is no JSON",
    "F-8 R-1",
    [[repeat("x", limit), "\n", good]],
    [rejected("invalid_json"), beaten(2)],
  ),
  stream(
    "blank-too-long",
    "A blank line of 65 537 spaces is too long",
    "F-5 F-8",
    [[repeat(" ", limit + 1), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "blank-max",
    "A blank line of 65 536 spaces is skipped",
    "F-5 F-8",
    [[repeat(" ", limit), "\n", good]],
    [beaten(2)],
  ),
  stream(
    "blank-max-crlf",
    "A blank line of 65 536 spaces and a carriage return is skipped",
    "F-2 F-5 F-8",
    [[repeat(" ", limit), "\r\n", good]],
    [beaten(2)],
  ),
  stream(
    "crs-too-long",
    "65 538 carriage returns are too long: one of them does not count",
    "F-2 F-8",
    [[repeat("\r", limit + 2), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "crs-max",
    "65 537 carriage returns are blank: one of them does not count",
    "F-2 F-5 F-8",
    [[repeat("\r", limit + 1), "\n", good]],
    [beaten(2)],
  ),
  stream(
    "not-utf8-too-long",
    "A line that is too long is not looked at: it need not be UTF-8",
    "F-8 R-1",
    [[repeat(bytes(0xff), limit + 1), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "not-utf8-max",
    "A line of 65 536 bytes that are not UTF-8 is no UTF-8",
    "J-1 R-1",
    [[repeat(bytes(0xff), limit), "\n", good]],
    [rejected("invalid_utf8"), beaten(2)],
  ),
  stream(
    "zero-bytes-too-long",
    "A line of zero bytes is too long",
    "F-8",
    [[repeat(bytes(0), limit + 1), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "two-in-a-row-too-long",
    "Two lines that are too long are two rejections",
    "F-3 F-8",
    [[...at(limit + 1), "\n", ...at(limit + 9), "\n", good]],
    [tooLong, tooLong, beaten(2)],
  ),
  stream(
    "between-good-lines-too-long",
    "The lines before and after are delivered",
    "F-3 F-8",
    [[`${beat(7)}\n`, ...at(limit + 1), "\n", good]],
    [beaten(7), tooLong, beaten(2)],
  ),
  stream(
    "newline-by-itself-too-long",
    "The newline of a line that is too long is a chunk of its own",
    "F-8 F-9",
    [at(limit + 1), "\n", good],
    [tooLong, beaten(2)],
  ),
  stream(
    "several-limits-too-long",
    "A line of five times the limit is reported once",
    "F-8",
    [[repeat("x", 5 * limit), "\n", good]],
    [tooLong, beaten(2)],
  ),
  stream(
    "at-end-of-stream-max",
    "65 536 bytes without a newline are judged",
    "F-7 F-8",
    [at(limit)],
    [beaten(1)],
  ),
  stream(
    "at-end-of-stream-max-cr",
    "65 536 bytes and a carriage return without a newline are judged",
    "F-7 F-8",
    [[...at(limit), "\r"]],
    [beaten(1)],
  ),
  stream(
    "at-end-of-stream-max-plus-1-too-long",
    "65 537 bytes without a newline are too long",
    "F-7 F-8",
    [at(limit + 1)],
    [tooLong],
  ),
  stream(
    "at-end-of-stream-two-crs-too-long",
    "65 536 bytes and two carriage returns without a newline are too long",
    "F-7 F-8",
    [[...at(limit), "\r\r"]],
    [tooLong],
  ),
  stream(
    "at-end-of-stream-garbage-too-long",
    "65 537 bytes of garbage without a newline are too long, not truncated",
    "F-8 R-1",
    [[`${beat(1)}\n`, repeat("x", limit + 1)]],
    [beaten(1), tooLong],
  ),
  stream(
    "at-end-of-stream-garbage-max",
    "65 536 bytes of garbage without a newline are truncated",
    "F-7 F-8",
    [[`${beat(1)}\n`, repeat("x", limit)]],
    [beaten(1), rejected("truncated")],
  ),
  stream(
    "at-end-of-stream-blank-too-long",
    "65 537 spaces without a newline are too long",
    "F-7 F-8",
    [[`${beat(1)}\n`, repeat(" ", limit + 1)]],
    [beaten(1), tooLong],
  ),
  stream(
    "short-lines-beyond-limit",
    "The limit is that of a line, not of a connection",
    "F-8",
    [repeat(good, 1500)],
    Array.from({ length: 1500 }, () => beaten(2)),
  ),
  stream(
    "hundred-megabytes-too-long",
    "A line of 104 857 600 bytes is reported once, and the next good line is delivered",
    "F-8 F-10",
    [...Array.from({ length: 100 }, () => repeat("x", megabyte)), "\n", good],
    [tooLong, beaten(2)],
    { large: true },
  ),
  stream(
    "hundred-megabytes-at-end-of-stream-too-long",
    "A stream of 104 857 600 bytes without a newline is reported once",
    "F-7 F-8 F-10",
    Array.from({ length: 100 }, () => repeat("x", megabyte)),
    [tooLong],
    { large: true },
  ),
];
