import type { ServerResponse } from "node:http";
import { finished } from "node:stream";

export interface Chunks {
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The system has this chunk, or never will have it: nobody reads it any more. */
  readonly sent?: (chunk: Buffer) => void;
  /** Once, when the answer is over, whether it came to its end or not. */
  readonly closed?: () => void;
}

/**
 * Writes an answer chunk by chunk, each when the one before was taken, and ends it. A caller that is gone is no failure: the rest is not asked for.
 * Rejects with what `chunks` threw; then the answer breaks off.
 */
export async function writeChunks(response: ServerResponse, { chunks, sent, closed }: Chunks): Promise<void> {
  let isOver = false;
  let wake: () => void = () => {};
  finished(response, () => {
    isOver = true;
    wake();
    closed?.();
  });
  response.on("drain", () => wake());
  try {
    for await (const chunk of chunks) {
      if (isOver) {
        sent?.(chunk);
        return;
      }
      if (response.write(chunk, () => sent?.(chunk))) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isOver) resolve();
      });
      if (isOver) return;
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}
