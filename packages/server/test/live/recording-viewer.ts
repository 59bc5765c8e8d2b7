import type { Viewer } from "../../src/live/viewer.js";

export interface SeenEvent {
  readonly id: number;
  readonly name: string;
  readonly data: never;
}

/** Keeps what it is told; reads as the test says. */
export class RecordingViewer implements Viewer {
  readonly pieces: Uint8Array[] = [];
  /** How often it was asked whether it keeps up. */
  looks = 0;
  /** Whether what is written stays unsent. */
  reads = true;
  closed = false;
  #unsentBytes = 0;

  write(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    if (!this.reads) this.#unsentBytes += bytes.length;
  }

  get unsentBytes(): number {
    this.looks++;
    return this.#unsentBytes;
  }

  /** Reads so much after all. */
  take(bytes: number): void {
    this.#unsentBytes -= bytes;
  }

  close(): void {
    this.closed = true;
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString();
  }

  get events(): SeenEvent[] {
    return eventsOf(this.text);
  }
}

/** The complete events of a stream. */
export function eventsOf(text: string): SeenEvent[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      if (block.startsWith(":")) return [];
      const [, id = "", name = "", data = ""] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      return [{ id: Number(id), name, data: JSON.parse(data) as never }];
    });
}
