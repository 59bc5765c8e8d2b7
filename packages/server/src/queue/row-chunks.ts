import { LineDecoder } from "@kissbot/protocol";
import type { RowKind, RowMessages, RowTables, RowType } from "./row-kind.js";
import { RowText, unitsOfLines } from "./row-text.js";

/**
 * Small enough that a queue that is nearly always empty keeps little, large enough that a flood
 * seldom changes chunks.
 */
const chunkRows = 1_024;

/**
 * Rows of one type that wait, oldest first, as chunks of columns: no row is an object while it
 * waits, so the collector has nothing to move however many there are. (Measured with calls: `pnpm
 * bench ablation`, `row-columns`; measured with metrics: `pnpm bench ablation`, `metric-columns`.)
 * In a flood they wait as the lines that came, which are decoded when they are taken, and cost next
 * to nothing when they are dropped.
 *
 * A chunk that was emptied is let go, unless it is the only one: then it is used again, and forgets
 * its names once there are thousands of them, so names without end leave nothing behind.
 */
export class RowChunks<Type extends RowType> {
  readonly #kind: RowKind<Type>;
  /** Never empty; the last one takes new rows. */
  readonly #chunks: (RowTables[Type] | RowText)[];
  /** For lines that are taken. */
  #decoded: RowTables[Type] | undefined;
  readonly #decoder = new LineDecoder();
  /** The first row of the oldest chunk that waits. */
  #from = 0;
  #length = 0;

  constructor(kind: RowKind<Type>) {
    this.#kind = kind;
    this.#chunks = [kind.newTable(chunkRows)];
  }

  get length(): number {
    return this.#length;
  }

  /** The channel of the oldest row; to be asked only while there is one. */
  get oldestChannel(): string {
    this.#tidy();
    const chunk = this.#chunks[0] as RowTables[Type] | RowText;
    return chunk instanceof RowText ? chunk.oldestChannel : (chunk.columns.channel.at(this.#from) as string);
  }

  /** How many rows it holds without taking more room. */
  get capacity(): number {
    return this.#chunks.reduce(
      (rows, chunk) => rows + (chunk instanceof RowText ? chunk.lines : chunkRows),
      0,
    );
  }

  /** Answers what the row takes, in UTF-16 units of its texts. */
  pushRow(message: RowMessages[Type], receivedAtMs: number): number {
    this.#tidy();
    let chunk = this.#chunks.at(-1) as RowTables[Type] | RowText;
    if (chunk instanceof RowText || chunk.room === 0) {
      chunk = this.#kind.newTable(chunkRows);
      this.#chunks.push(chunk);
    }
    this.#kind.append(chunk, message, receivedAtMs);
    this.#length++;
    return chunk.unitsOf(chunk.length - 1);
  }

  /** Lines in ASCII, each valid and of this type. Answers what they take, in UTF-16 units. */
  pushLines(text: string, lines: number, receivedAtMs: number): number {
    this.#tidy();
    const last = this.#chunks.at(-1) as RowTables[Type] | RowText;
    if (!(last instanceof RowText && last.append(text, lines, receivedAtMs))) {
      if (!(last instanceof RowText) && last.length === 0) this.#chunks.pop();
      this.#chunks.push(new RowText(text, lines, receivedAtMs));
    }
    this.#length += lines;
    return unitsOfLines(text);
  }

  /** Forgets the row that was just pushed, by `pushRow`. */
  dropNewest(): void {
    (this.#chunks.at(-1) as RowTables[Type]).dropNewest();
    this.#length--;
  }

  /**
   * Forgets the oldest rows; to be called only while there are so many. Answers the units of their
   * texts.
   */
  dropOldest(rows = 1): number {
    let units = 0;
    for (let left = rows; left > 0; ) {
      this.#tidy();
      const chunk = this.#chunks[0] as RowTables[Type] | RowText;
      const count = Math.min(left, chunk instanceof RowText ? chunk.lines : chunk.length - this.#from);
      if (chunk instanceof RowText) units += unitsOfLines(chunk.take(count));
      else units += this.#passRows(chunk, count);
      left -= count;
    }
    this.#length -= rows;
    return units;
  }

  /**
   * Takes the oldest rows that stand in one chunk, at most `limit`: `on` is told where they are,
   * and may read them until it returns. They no longer wait when it is called. Answers the units of
   * their texts.
   */
  takeRows(
    limit: number,
    on: (rows: RowTables[Type], from: number, to: number, units: number) => void,
  ): number {
    this.#tidy();
    const chunk = this.#chunks[0] as RowTables[Type] | RowText;
    if (chunk instanceof RowText) {
      const text = chunk.take(Math.min(limit, chunkRows, chunk.lines));
      const rows = this.#decode(text, chunk.receivedAtMs);
      const units = unitsOfLines(text);
      this.#length -= rows.length;
      on(rows, 0, rows.length, units);
      return units;
    }
    const from = this.#from;
    const units = this.#passRows(chunk, Math.min(limit, chunk.length - from));
    this.#length -= this.#from - from;
    on(chunk, from, this.#from, units);
    return units;
  }

  /** Answers the units of their texts. */
  #passRows(chunk: RowTables[Type], count: number): number {
    const from = this.#from;
    this.#from += count;
    let units = 0;
    for (let row = from; row < this.#from; row++) units += chunk.unitsOf(row);
    return units;
  }

  #decode(text: string, receivedAtMs: number): RowTables[Type] {
    const { type, append, newTable } = this.#kind;
    this.#decoded ??= newTable(chunkRows);
    const rows = this.#decoded;
    rows.clear();
    this.#decoder.push(Buffer.from(text, "latin1"), (result) => {
      if (!result.ok || result.message.type !== type)
        throw new Error(`a line that was recognised as ${type} is none`);
      append(rows, result.message as RowMessages[Type], receivedAtMs);
    });
    return rows;
  }

  /** Lets an emptied chunk go: not when it is emptied, since its rows are being read then. */
  #tidy(): void {
    const chunk = this.#chunks[0] as RowTables[Type] | RowText;
    const isText = chunk instanceof RowText;
    if (isText ? chunk.lines > 0 : this.#from < chunk.length || this.#from === 0) return;
    this.#from = 0;
    if (this.#chunks.length > 1) this.#chunks.shift();
    else if (isText) this.#chunks[0] = this.#kind.newTable(chunkRows);
    else chunk.clear();
  }
}
