/** Longer texts are not joined; a text that comes may be that long. */
const mostJoined = 65_536;

/**
 * LLM calls that wait as lines in ASCII, the oldest first; all were received in the same moment.
 */
export class UsageText {
  readonly receivedAtMs: number;
  #text: string;
  #lines: number;
  /** Where the oldest line begins. */
  #at = 0;

  constructor(text: string, lines: number, receivedAtMs: number) {
    this.#text = text;
    this.#lines = lines;
    this.receivedAtMs = receivedAtMs;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Adds the newest lines; answers whether they found room. */
  append(text: string, lines: number, receivedAtMs: number): boolean {
    if (receivedAtMs !== this.receivedAtMs || this.#text.length + text.length > mostJoined) return false;
    this.#text += text;
    this.#lines += lines;
    return true;
  }

  /** Takes the oldest lines away, at most as many as there are. */
  take(lines: number): string {
    const from = this.#at;
    let end = this.#text.length;
    if (lines < this.#lines) {
      end = from;
      for (let i = 0; i < lines; i++) end = this.#text.indexOf("\n", end) + 1;
    }
    this.#at = end;
    this.#lines -= lines;
    return this.#text.slice(from, end);
  }
}

/** What lines take: a unit of a text takes two bytes, and an ASCII character one. */
export function unitsOfLines(text: string): number {
  return text.length / 2;
}
