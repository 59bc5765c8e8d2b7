import { LineDecoder } from "@kissbot/protocol";
import type { RowKind, RowMessages, RowTables, RowType } from "./row-kind.js";
import { RowLines, type TakenLines, unitsOfBytes, usualBytes } from "./row-lines.js";

/**
 * Small enough that a queue that is nearly always empty keeps little, large enough that a flood
 * seldom changes chunks.
 */
const chunkRows = 1_024;
/** Emptied blocks of lines that are kept for those to come, while a flood goes on. */
const mostSpareBlocks = 8;

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
  readonly #chunks: (RowTables[Type] | RowLines)[];
  /** For lines that are taken. */
  #decoded: RowTables[Type] | undefined;
  readonly #decoder = new LineDecoder();
  #spareBlocks: RowLines[] = [];
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
    const chunk = this.#chunks[0] as RowTables[Type] | RowLines;
    return chunk instanceof RowLines ? chunk.oldestChannel : (chunk.columns.channel.at(this.#from) as string);
  }

  /** Rows that its tables have room for, and lines that wait. */
  get capacity(): number {
    return this.#chunks.reduce(
      (rows, chunk) => rows + (chunk instanceof RowLines ? chunk.lines : chunkRows),
      0,
    );
  }

  /** Answers what the row takes, in UTF-16 units of its texts. */
  pushRow(message: RowMessages[Type], receivedAtMs: number): number {
    this.#tidy();
    let chunk = this.#chunks.at(-1) as RowTables[Type] | RowLines;
    if (chunk instanceof RowLines || chunk.room === 0) {
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
    const last = this.#chunks.at(-1) as RowTables[Type] | RowLines;
    let rest = text;
    let left = lines;
    if (last instanceof RowLines) {
      const before = last.lines;
      rest = last.append(text, lines, receivedAtMs);
      left -= last.lines - before;
    } else if (last.length === 0) {
      this.#chunks.pop();
    }
    if (left > 0) {
      const block = this.#newBlock(rest.length);
      block.append(rest, left, receivedAtMs);
      this.#chunks.push(block);
    }
    this.#length += lines;
    return unitsOfBytes(text.length);
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
      const chunk = this.#chunks[0] as RowTables[Type] | RowLines;
      const count = Math.min(left, chunk instanceof RowLines ? chunk.lines : chunk.length - this.#from);
      if (chunk instanceof RowLines) units += unitsOfBytes(chunk.drop(count));
      else units += this.#passRows(chunk, count);
      left -= count;
    }
    this.#length -= rows;
    this.#settle();
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
    const chunk = this.#chunks[0] as RowTables[Type] | RowLines;
    if (chunk instanceof RowLines) {
      const rows = this.#emptyTable();
      let bytes = 0;
      for (let left = Math.min(limit, chunkRows, chunk.lines); left > 0; ) {
        const taken = chunk.take(left);
        left -= taken.lines;
        this.#length -= taken.lines;
        bytes += taken.bytes.length;
        this.#decode(taken, rows);
      }
      const units = unitsOfBytes(bytes);
      this.#settle();
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

  #emptyTable(): RowTables[Type] {
    this.#decoded ??= this.#kind.newTable(chunkRows);
    this.#decoded.clear();
    return this.#decoded;
  }

  #decode({ bytes, receivedAtMs }: TakenLines, rows: RowTables[Type]): void {
    const { type, append } = this.#kind;
    this.#decoder.push(bytes, (result) => {
      if (!result.ok || result.message.type !== type)
        throw new Error(`a line that was recognised as ${type} is none`);
      append(rows, result.message as RowMessages[Type], receivedAtMs);
    });
  }

  #newBlock(leastBytes: number): RowLines {
    const spare = leastBytes <= usualBytes ? this.#spareBlocks.pop() : undefined;
    return spare ?? new RowLines(leastBytes);
  }

  /** Lets an emptied chunk go: not when it is emptied, since its rows are being read then. */
  #tidy(): void {
    const chunk = this.#chunks[0] as RowTables[Type] | RowLines;
    const isLines = chunk instanceof RowLines;
    if (isLines ? chunk.lines > 0 : this.#from < chunk.length || this.#from === 0) return;
    this.#from = 0;
    if (this.#chunks.length === 1) {
      chunk.clear();
      return;
    }
    this.#chunks.shift();
    if (isLines && chunk.isUsual && this.#spareBlocks.length < mostSpareBlocks) {
      chunk.clear();
      this.#spareBlocks.push(chunk);
    }
  }

  /** Where nothing waits any more, no flood goes on. */
  #settle(): void {
    if (this.#length === 0) this.#spareBlocks = [];
  }
}
