import type { Message } from "@kissbot/protocol";
import { ownText } from "../own-text.js";

/** Longer texts are not joined; a text that comes may be that long. */
const mostJoined = 65_536;

/**
 * Rows of one type that wait as lines in ASCII, the oldest first; all were received in the same
 * moment.
 */
export class RowText {
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

  /** The channel of the oldest line; to be asked only while there is one. */
  get oldestChannel(): string {
    const channel = channelOfRowLine(this.#text, this.#at);
    // One that is not in ASCII stood there in escapes, so that it is a text of its own.
    return Buffer.byteLength(channel) === channel.length ? ownText(channel) : channel;
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
export function unitsOfLines(text: string): number {
  return text.length / 2;
}
