/** So many characters become one buffer. */
const pieceLength = 128 * 1024;

/**
 * Server-sent events as bytes, made once for all who get them. The data is one line, as JSON text has no line breaks of its own.
 */
export class EventText {
  readonly pieces: Buffer[] = [];
  #text = "";

  /** One event with all of its data. */
  event(id: number, name: string, json: string): void {
    this.add(`id: ${id}\nevent: ${name}\ndata: ${json}\n\n`);
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= pieceLength) this.#cut();
  }

  /** All that was added. */
  end(): readonly Buffer[] {
    this.#cut();
    return this.pieces;
  }

  #cut(): void {
    if (this.#text !== "") this.pieces.push(Buffer.from(this.#text));
    this.#text = "";
  }
}
