import { isBlank, isBlankText } from "./blank.js";
import { cr, lf, openBrace } from "./byte.js";
import { isBytes, ownBytes } from "./bytes.js";
import { endOfClientLine, messageOfClientLine } from "./client-line.js";
import { decodeRemainder, decodeText } from "./decode.js";
import { type LineDecoderOptions, maxLineBytesOf, type PassOver } from "./decoder-options.js";
import type { DecodedMessage } from "./generated/message.js";
import { producerLineBytes } from "./limit.js";
import { isPlainText } from "./name.js";
import { previewLength, previewOf } from "./preview.js";
import { describeValue } from "./refusal.js";
import type { DecodeResult } from "./rejection.js";
import { plainTextFromUtf8, textFromUtf8, utf8LengthOf } from "./utf8.js";

/**
 * Chunks up to this length are walked byte by byte: a call into a native search costs more than it
 * saves.
 */
const smallChunkBytes = 24;
/**
 * How much is turned into a string at once, of which lines are then cut (measured: `pnpm bench
 * ablation`, `chunk-text`); a larger string leaves the processor's cache before it is parsed.
 */
const windowBytes = 65_536;
/** How much a line that is held as text keeps alive, at most: the chunk that it is cut out of. */
const heldTextBytes = producerLineBytes;

/**
 * Splits a stream of bytes into lines and decodes each: for every line that is not blank, `on` is
 * called once, in order, with a message or a rejection. It never throws because of the bytes; after
 * any bad line it delivers the next good one. The boundaries of chunks do not change the results
 * [F-9].
 *
 * States: *between* lines; *within* a line whose first bytes are held; *skipping* the rest of a
 * line that was too long, which was reported as soon as that was certain. A newline leads from each
 * back to *between*. Within a line, its first bytes are held as text or as bytes, never as both.
 * They are copied, so the caller may use its chunk again; they never exceed the limit by more than
 * one byte, however long a line gets.
 *
 * Each line of a chunk is reported, even if `on` throws: `push` and `end` then throw the first such
 * error when they are done. Within `on`, a call of `push` or `end` of the same decoder throws an
 * Error and changes nothing.
 */
export class LineDecoder {
  readonly #maxLineBytes: number;
  #held: Uint8Array = new Uint8Array(0);
  #heldBytes = 0;
  /**
   * How many bytes `#held` takes before it has to grow or the line has to be judged; 0 while
   * skipping and while text is held.
   */
  #room = 0;
  /** The held bytes as text, if they came in short chunks and are plain; then `#heldBytes` is 0. */
  #heldText = "";
  #skipping = false;
  #rejected: string | Uint8Array = "";
  /** Within `push` or `end`; then, what `on` threw first. */
  #busy = false;
  #passOver: PassOver | undefined = undefined;
  #thrown: { readonly error: unknown } | undefined = undefined;

  /**
   * Throws TypeError if the options are no object, RangeError if `maxLineBytes` is not an integer
   * from 1 to 2^28.
   */
  constructor(options: LineDecoderOptions = {}) {
    this.#maxLineBytes = maxLineBytesOf(options);
  }

  /**
   * Takes the next bytes of the stream and reports each line that they complete. Throws TypeError,
   * and takes nothing, if `chunk` is no Uint8Array (a Buffer and other subclasses are), if its
   * memory is detached, or if `on` is no function. `passOver`, if given, is asked for most of the
   * lines that stand whole in the chunk, and never for a line that is cut.
   */
  push(chunk: Uint8Array, on: (result: DecodeResult) => void, passOver?: PassOver): void {
    // First of all the next byte of a line that comes byte by byte, as cheaply as that can be.
    const at = this.#heldBytes;
    if (chunk instanceof Uint8Array && chunk.length === 1 && at < this.#room && !this.#busy) {
      const byte = chunk[0] as number;
      if (byte !== lf) {
        this.#held[at] = byte;
        this.#heldBytes = at + 1;
        return;
      }
    }
    if (!isBytes(chunk)) throw new TypeError(`chunk: expected a Uint8Array, got ${describeValue(chunk)}`);
    if (passOver === undefined && this.#takesLines(chunk, on)) return;
    const text = this.#textOf(chunk);
    const isSmall = chunk.length > 0 && chunk.length <= smallChunkBytes;
    const bytes = text !== undefined || isSmall ? chunk : ownBytes(chunk);
    this.#enter(on);
    // With a lower limit, what `passOver` takes might be too long.
    if (this.#maxLineBytes >= producerLineBytes) this.#passOver = passOver;
    try {
      if (text !== undefined) this.#pushText(text, on);
      else if (bytes.length <= smallChunkBytes) this.#pushBytewise(bytes, on);
      else this.#push(bytes, on);
    } finally {
      this.#busy = false;
      this.#passOver = undefined;
    }
    this.#throwWhatOnThrew();
  }

  /**
   * Ends the stream. The rest after the last newline is decoded like a line if it is a JSON object,
   * and is otherwise `truncated`; blanks are ignored [F-7]. The decoder can then be used for
   * another stream.
   */
  end(on: (result: DecodeResult) => void): void {
    this.#enter(on);
    this.#holdTextAsBytes();
    // A line over the limit is not held: it was reported when that was certain.
    const bytes = this.#held.subarray(0, this.#lineBytes());
    this.#reset();
    if (!isBlank(bytes)) this.#report(decodeRemainder(bytes), bytes, on);
    this.#busy = false;
    this.#throwWhatOnThrew();
  }

  /**
   * Within a call of `on` with a rejection: how the rejected line begins, for a log; at most 200
   * characters, U+FFFD for what is not UTF-8. It comes from a stranger and may hold control
   * characters. Otherwise empty.
   */
  get preview(): string {
    return previewOf(this.#rejected);
  }

  #enter(on: (result: DecodeResult) => void): void {
    if (typeof on !== "function") throw new TypeError(`on: expected a function, got ${describeValue(on)}`);
    if (this.#busy) throw new Error("a callback must not call push or end of its own decoder");
    this.#busy = true;
  }

  #throwWhatOnThrew(): void {
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown !== undefined) throw thrown.error;
  }

  /** Takes a short chunk of whole lines, if the first is recognised: what a live bot sends. */
  #takesLines(chunk: Uint8Array, on: (result: DecodeResult) => void): boolean {
    const { length } = chunk;
    if (length > producerLineBytes || length > this.#maxLineBytes || chunk[length - 1] !== lf) return false;
    if (this.#heldBytes > 0 || this.#heldText !== "" || this.#skipping) return false;
    const first = messageOfClientLine(chunk, 0);
    if (first === undefined) return false;
    const next = endOfClientLine();
    // What another thread may change is read once, and one line is, as far as it counts.
    if (next !== length && !(chunk.buffer instanceof ArrayBuffer)) return false;
    this.#enter(on);
    if (next === length) this.#report({ ok: true, message: first }, "", on);
    else this.#reportLines(chunk, next, length, [first], on);
    this.#busy = false;
    this.#throwWhatOnThrew();
    return true;
  }

  /**
   * A short chunk as text, if it is plain and no line of it can be too long: one copy of the whole,
   * and no search of bytes (measured: `pnpm bench ablation`, `held-text`).
   */
  #textOf(chunk: Uint8Array): string | undefined {
    const { length } = chunk;
    if (length <= smallChunkBytes || this.#heldBytes > 0 || this.#skipping) return undefined;
    const total = length + this.#heldText.length;
    return total <= heldTextBytes && total <= this.#maxLineBytes ? plainTextFromUtf8(chunk) : undefined;
  }

  #pushText(text: string, on: (result: DecodeResult) => void): void {
    let start = this.#heldText === "" ? 0 : text.indexOf("\n") + 1;
    if (start > 0) {
      const line = this.#heldText + text.slice(0, start - 1);
      this.#heldText = "";
      this.#judge(line, true, on);
    }
    start = this.#judgeText(text, start, true, on);
    if (start < text.length) this.#heldText += text.slice(start);
    if (this.#heldText !== "") this.#room = 0;
  }

  #holdTextAsBytes(): void {
    const text = this.#heldText;
    if (text === "") return;
    this.#heldText = "";
    this.#append(new TextEncoder().encode(text), 0, text.length);
  }

  #push(chunk: Uint8Array, on: (result: DecodeResult) => void): void {
    this.#holdTextAsBytes();
    let from = 0;
    if (this.#heldBytes > 0 || this.#skipping) {
      const end = chunk.indexOf(lf);
      this.#hold(chunk, 0, end < 0 ? chunk.length : end, on);
      if (end < 0) return;
      this.#endLine(on);
      from = end + 1;
    }
    const end = from < chunk.length ? chunk.lastIndexOf(lf) + 1 : 0;
    if (end > from) {
      this.#pushLines(chunk, from, end, on);
      from = end;
    }
    if (from < chunk.length) this.#hold(chunk, from, chunk.length, on);
  }

  /** Chunks of a few bytes, such as a peer that writes one at a time. */
  #pushBytewise(chunk: Uint8Array, on: (result: DecodeResult) => void): void {
    this.#holdTextAsBytes();
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (byte === lf) this.#endLine(on);
      else if (this.#heldBytes < this.#room) this.#held[this.#heldBytes++] = byte;
      else this.#hold(chunk, i, i + 1, on);
    }
  }

  /** Keeps the bytes of an unfinished line, or finds that the line is too long. */
  #hold(chunk: Uint8Array, from: number, to: number, on: (result: DecodeResult) => void): void {
    if (this.#skipping || from === to) return;
    const total = this.#heldBytes + (to - from);
    const limit = this.#maxLineBytes;
    // One byte over the limit may yet be the `\r` of a `\r\n`.
    if (total > limit + 1 || (total === limit + 1 && chunk[to - 1] !== cr)) {
      const missing = Math.min(previewLength, limit) - this.#heldBytes;
      if (missing > 0) this.#append(chunk, from, Math.min(to, from + missing));
      const preview = this.#held.subarray(0, this.#heldBytes);
      this.#reset();
      this.#skipping = true;
      this.#room = 0;
      this.#report({ ok: false, reason: "line_too_long" }, preview, on);
      return;
    }
    this.#append(chunk, from, to);
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    const total = this.#heldBytes + (to - from);
    if (total > this.#held.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(2 * this.#held.length, total, 256), this.#maxLineBytes + 1),
      );
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#room = Math.min(this.#held.length, this.#maxLineBytes);
    // A loop: a view of the part to copy costs more than the few bytes that it usually has.
    const held = this.#held;
    for (let i = from, at = this.#heldBytes; i < to; i++, at++) held[at] = chunk[i] as number;
    this.#heldBytes = total;
  }

  /** A newline has come: the held bytes are a line. */
  #endLine(on: (result: DecodeResult) => void): void {
    if (this.#skipping) {
      this.#reset();
      return;
    }
    const held = this.#held;
    const bytes = this.#lineBytes();
    const hasRoom = this.#heldBytes < held.length;
    if (hasRoom) held[this.#heldBytes] = lf;
    const message = hasRoom ? messageOfClientLine(held, 0) : undefined;
    this.#reset();
    if (message !== undefined) this.#report({ ok: true, message }, "", on);
    else if (bytes > 0) this.#judgeBytes(held, 0, bytes, on);
  }

  /** The length of the held line without one `\r` at its end. */
  #lineBytes(): number {
    const bytes = this.#heldBytes;
    return bytes > 0 && this.#held[bytes - 1] === cr ? bytes - 1 : bytes;
  }

  /**
   * Back to *between*. A large buffer is given back: thousands of connections must not keep what
   * one long line took.
   */
  #reset(): void {
    this.#heldBytes = 0;
    this.#skipping = false;
    if (this.#held.length > producerLineBytes) this.#held = new Uint8Array(0);
    this.#room = Math.min(this.#held.length, this.#maxLineBytes);
  }

  /** Whole lines; the last byte is a newline. */
  #pushLines(chunk: Uint8Array, from: number, to: number, on: (result: DecodeResult) => void): void {
    let start = from;
    while (start < to && to <= chunk.length) {
      // As many whole lines as fit into the window; a line that alone is larger is judged by its
      // bytes.
      let end = to;
      if (to - start > windowBytes) end = chunk.lastIndexOf(lf, start + windowBytes - 1) + 1;
      const isLarge = end <= start;
      if (isLarge) end = chunk.indexOf(lf, start + windowBytes) + 1;
      // `on` has changed the chunk.
      if (end <= start) return;
      if (isLarge) this.#judgeLines(chunk, start, end, on);
      else this.#reportLines(chunk, start, end, [], on);
      start = end;
    }
  }

  /**
   * Reports messages that were read, and whole lines that follow them: as many as are recognised,
   * and the others, from the first on that is not, as one text. All are read before `on` is called,
   * which may change the chunk.
   */
  #reportLines(
    chunk: Uint8Array,
    from: number,
    to: number,
    messages: DecodedMessage[],
    on: (result: DecodeResult) => void,
  ): void {
    let start = from;
    while (start < to && this.#passOver === undefined) {
      const message = messageOfClientLine(chunk, start);
      const next = endOfClientLine();
      if (message === undefined || next - start > this.#maxLineBytes) break;
      messages.push(message);
      start = next;
    }
    const text = start < to ? textFromUtf8(chunk, start, to) : "";
    for (const message of messages) this.#report({ ok: true, message }, "", on);
    if (text === undefined) this.#judgeLines(chunk, start, to, on);
    else this.#judgeText(text, 0, text.length === to - start && isPlainText(text), on);
  }

  /**
   * Whole lines of a text, from `from` on. Returns where the first line begins that is not whole.
   */
  #judgeText(text: string, from: number, plain: boolean, on: (result: DecodeResult) => void): number {
    const limit = this.#maxLineBytes;
    const passOver = this.#passOver;
    let start = from;
    while (start < text.length) {
      if (passOver !== undefined) {
        const next = passOver(text, start);
        if (next > start) {
          start = next;
          continue;
        }
      }
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      const line = text.slice(start, end);
      // Three bytes are the most that a UTF-16 unit takes, so few lines are measured.
      if (line.length * 3 > limit && utf8LengthOf(line) - (line.endsWith("\r") ? 1 : 0) > limit) {
        this.#report({ ok: false, reason: "line_too_long" }, line, on);
      } else {
        this.#judge(line, plain, on);
      }
      start = end + 1;
    }
    return start;
  }

  /**
   * At least one of these lines is not UTF-8: decodes each by itself, so that it does not spoil the
   * others.
   */
  #judgeLines(chunk: Uint8Array, from: number, to: number, on: (result: DecodeResult) => void): void {
    let start = from;
    while (start < to && to <= chunk.length) {
      const end = chunk.indexOf(lf, start);
      if (end < 0) return;
      const lineEnd = end > start && chunk[end - 1] === cr ? end - 1 : end;
      if (lineEnd - start > this.#maxLineBytes) {
        this.#report({ ok: false, reason: "line_too_long" }, chunk.subarray(start, lineEnd), on);
      } else {
        this.#judgeBytes(chunk, start, lineEnd, on);
      }
      start = end + 1;
    }
  }

  #judgeBytes(bytes: Uint8Array, from: number, to: number, on: (result: DecodeResult) => void): void {
    const text = textFromUtf8(bytes, from, to);
    if (text === undefined) this.#report({ ok: false, reason: "invalid_utf8" }, bytes.subarray(from, to), on);
    else this.#judge(text, text.length === to - from && isPlainText(text), on);
  }

  /** One line whose length is within the limit; a `\r` at its end is blank space to JSON. */
  #judge(line: string, plain: boolean, on: (result: DecodeResult) => void): void {
    if (line.charCodeAt(0) !== openBrace && isBlankText(line)) return;
    const result = decodeText(line, plain);
    this.#report(result, line, on);
  }

  #report(result: DecodeResult, line: string | Uint8Array, on: (result: DecodeResult) => void): void {
    if (!result.ok) this.#rejected = line;
    try {
      on(result);
    } catch (error) {
      this.#thrown ??= { error };
    }
    this.#rejected = "";
  }
}
