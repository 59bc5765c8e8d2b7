import { BytePieces } from "../byte-pieces.js";

/**
 * Server-sent events as bytes, made once for all who get them. Data is one line each, as JSON text
 * has no line breaks of its own.
 */
export class EventText {
  readonly #pieces = new BytePieces();

  event(id: number, name: string, json: string): void {
    this.open(id, name);
    this.add(json);
    this.close();
  }

  /** Begins an event whose data is added part by part. */
  open(id: number, name: string): void {
    this.add(`id: ${id}\nevent: ${name}\ndata: `);
  }

  add(json: string): void {
    this.#pieces.add(json);
  }

  close(): void {
    this.add("\n\n");
  }

  /** All that was added. */
  end(): readonly Buffer[] {
    return this.#pieces.end();
  }
}
