import type { Message } from "@kissbot/protocol";

/** Room for hundreds of lines. A longer text has a block of its own length. */
export const usualBytes = 65_536;

/** Lines that came in the same moment. They stand behind those of the run before. */
interface Run {
  readonly receivedAtMs: number;
  lines: number;
  /** Where the next run begins. */
  end: number;
}

/** Lines that were taken out of a block; `bytes` may be read until the block is cleared. */
export interface TakenLines {
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly receivedAtMs: number;
}

/**
 * A block of rows of one type that wait as lines in ASCII, the oldest first. Their bytes lie
 * outside of V8's heap: as texts on it they would be moved and marked by the collector again and
 * again, which in a flood takes more time than reading and recognising them.
 */
export class RowLines {
  readonly #bytes: Buffer;
  #runs: Run[] = [];
  /** The run that is taken from, and where the oldest line begins. */
  #run = 0;
  #from = 0;
  #to = 0;
  #lines = 0;

  /** A block that has room for `leastBytes`, and usually for more. */
  constructor(leastBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(usualBytes, leastBytes));
  }

  get lines(): number {
    return this.#lines;
  }

  /** Whether it has the usual size, and so can be used again. */
  get isUsual(): boolean {
    return this.#bytes.length === usualBytes;
  }

  /** The channel of the oldest line; to be asked only while there is one. */
  get oldestChannel(): string {
    const end = this.#bytes.indexOf("\n", this.#from) + 1;
    return channelOfRowLine(this.#bytes.toString("latin1", this.#from, end), 0);
  }

  /** Adds the newest lines, as many as find room. Answers the text of the others. */
  append(text: string, lines: number, receivedAtMs: number): string {
    const room = this.#bytes.length - this.#to;
    if (text.length <= room) {
      this.#write(text, lines, receivedAtMs);
      return "";
    }
    const end = text.lastIndexOf("\n", room - 1) + 1;
    if (end === 0) return text;
    const head = text.slice(0, end);
    this.#write(head, linesOf(head), receivedAtMs);
    return text.slice(end);
  }

  /**
   * Takes the oldest lines away, `most` at most, and only those that came in the same moment. At
   * least one line must wait.
   */
  take(most: number): TakenLines {
    let run = this.#runs[this.#run] as Run;
    if (run.lines === 0) run = this.#runs[++this.#run] as Run;
    const from = this.#from;
    const lines = Math.min(most, run.lines);
    if (lines === run.lines) this.#from = run.end;
    else for (let i = 0; i < lines; i++) this.#from = this.#bytes.indexOf(10, this.#from) + 1;
    run.lines -= lines;
    this.#lines -= lines;
    return { bytes: this.#bytes.subarray(from, this.#from), lines, receivedAtMs: run.receivedAtMs };
  }

  /** Forgets the oldest lines, at most as many as there are. Answers how many bytes they took. */
  drop(lines: number): number {
    const from = this.#from;
    for (let left = lines; left > 0; ) left -= this.take(left).lines;
    return this.#from - from;
  }

  #write(text: string, lines: number, receivedAtMs: number): void {
    this.#to += this.#bytes.write(text, this.#to, "latin1");
    this.#lines += lines;
    const last = this.#runs.at(-1);
    if (last?.receivedAtMs === receivedAtMs) {
      last.lines += lines;
      last.end = this.#to;
    } else {
      this.#runs.push({ receivedAtMs, lines, end: this.#to });
    }
  }

  /** Forgets all, to be used again. */
  clear(): void {
    this.#runs = [];
    this.#run = 0;
    this.#from = 0;
    this.#to = 0;
    this.#lines = 0;
  }
}

function linesOf(text: string): number {
  let lines = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) lines++;
  return lines;
}

const channelKey = '"channel":';

/**
 * Whose row the line is that begins at `from`: one that was recognised, or that `encode` wrote, in
 * ASCII. The answer may keep all of the text alive.
 */
export function channelOfRowLine(text: string, from: number): string {
  const start = text.indexOf('"', text.indexOf(channelKey, from) + channelKey.length) + 1;
  const channel = text.slice(start, text.indexOf('"', start));
  if (!channel.includes("\\")) return channel;
  return (JSON.parse(text.slice(from, text.indexOf("\n", from))) as Message).channel;
}

/** What lines take: a unit of a text takes two bytes, and an ASCII character one. */
export function unitsOfBytes(bytes: number): number {
  return bytes / 2;
}
