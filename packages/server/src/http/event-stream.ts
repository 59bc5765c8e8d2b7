import type { ServerResponse } from "node:http";
import type { Viewer } from "../live/viewer.js";

export interface Feed {
  /** Returns how to leave. */
  subscribe(viewer: Viewer): () => void;
}

/** An answer that stays open and is written to as things happen. */
export class EventStream implements Viewer {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(bytes: Uint8Array): void {
    if (!this.#response.destroyed) this.#response.write(bytes);
  }

  get unsentBytes(): number {
    return this.#response.writableLength;
  }

  close(): void {
    breakOff(this.#response);
  }
}

/** Ends an answer and its connection, on which its turn may not have come yet. */
export function breakOff(response: ServerResponse): void {
  response.destroy();
  response.req.socket.destroy();
}
