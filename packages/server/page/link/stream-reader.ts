/** One server-sent event. `data` is its text, usually JSON. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * A line longer than this is no event of ours: the whole fleet of 100,000 bots fits three times.
 */
const maxEventChars = 256 * 1024 * 1024;

/**
 * Cuts the bytes of a stream into server-sent events, however they are split. It follows the HTML
 * standard: a line ends with LF, CR or CRLF; a line that begins with a colon is a comment; an event
 * without data is none. What is left at the end of the stream is no event.
 */
export class StreamReader {
  readonly #on: (event: StreamEvent) => void;
  readonly #maxChars: number;
  readonly #decoder = new TextDecoder();
  /** Parts of a line that is not whole yet. */
  #parts: string[] = [];
  #partChars = 0;
  #name = "";
  #data: string[] = [];
  #dataChars = 0;
  #afterReturn = false;

  constructor(on: (event: StreamEvent) => void, maxChars = maxEventChars) {
    this.#on = on;
    this.#maxChars = maxChars;
  }

  /** Throws a RangeError where one event grows past the bound: the stream is not ours then. */
  push(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    let start = 0;
    if (this.#afterReturn && text !== "") {
      this.#afterReturn = false;
      if (text.charCodeAt(0) === 10) start = 1;
    }
    let feed = text.indexOf("\n", start);
    let back = text.indexOf("\r", start);
    while (feed >= 0 || back >= 0) {
      const isReturn = feed < 0 || (back >= 0 && back < feed);
      const end = isReturn ? back : feed;
      this.#line(text.slice(start, end));
      start = end + 1;
      if (isReturn) {
        if (start === text.length) this.#afterReturn = true;
        else if (feed === start) start++;
      }
      if (feed >= 0 && feed < start) feed = text.indexOf("\n", start);
      if (back >= 0 && back < start) back = text.indexOf("\r", start);
    }
    if (start < text.length) this.#keep(text.slice(start));
  }

  #keep(part: string): void {
    this.#parts.push(part);
    this.#partChars += part.length;
    this.#check(this.#partChars + this.#dataChars);
  }

  #check(chars: number): void {
    if (chars > this.#maxChars) throw new RangeError(`an event of more than ${this.#maxChars} characters`);
  }

  #line(rest: string): void {
    const line = this.#parts.length === 0 ? rest : this.#parts.join("") + rest;
    this.#parts = [];
    this.#partChars = 0;
    if (line === "") {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const from = line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
    const value = colon < 0 ? "" : line.slice(from);
    if (field === "event") this.#name = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#dataChars += value.length + 1;
      this.#check(this.#dataChars);
    }
  }

  #dispatch(): void {
    const { length } = this.#data;
    const event = { name: this.#name === "" ? "message" : this.#name, data: this.#data.join("\n") };
    this.#name = "";
    this.#data = [];
    this.#dataChars = 0;
    if (length > 0) this.#on(event);
  }
}
