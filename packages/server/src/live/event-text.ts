import { BytePieces } from "../byte-pieces.js";

/**
 * Server-sent events as bytes, encoded once for all viewers. The data of an event is one line,
 * since JSON text has no line breaks.
 */
export class EventText {
  readonly #pieces = new BytePieces();

  event(id: number, name: string, json: string): void {
    this.openEvent(id, name);
    this.addJson(json);
    this.closeEvent();
  }

  /** Begins an event whose data is added part by part. */
  openEvent(id: number, name: string): void {
    this.addJson(`id: ${id}\nevent: ${name}\ndata: `);
  }

  addJson(json: string): void {
    this.#pieces.addText(json);
  }

  closeEvent(): void {
    this.addJson("\n\n");
  }

  /** All that was added. */
  end(): readonly Buffer[] {
    return this.#pieces.end();
  }
}
