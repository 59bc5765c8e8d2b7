import type { ServerResponse } from "node:http";
import { pipeline, type Writable } from "node:stream";
import type { Gzip } from "node:zlib";

export interface Chunks {
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The system has taken this chunk, or never will: its buffer is free. */
  readonly sent?: (chunk: Buffer) => void;
  /** Once, when the answer is over, whether it came to its end or not. */
  readonly closed?: () => void;
}

/**
 * Writes an answer chunk by chunk, each when the one before was taken, and ends it. With `gzip`, a
 * chunk is taken once it is compressed, and the compressor waits for the caller in turn. A caller
 * that is gone is no failure: the rest is not asked for. Rejects with what `chunks` threw; then the
 * answer breaks off.
 */
export async function writeChunks(
  response: ServerResponse,
  { chunks, sent, closed }: Chunks,
  gzip: Gzip | null = null,
): Promise<void> {
  let isOver = false;
  let wake: () => void = () => {};
  const over = () => {
    isOver = true;
    // A caller that is gone ends the compressor too.
    gzip?.destroy();
    wake();
    closed?.();
  };
  const target: Writable = gzip ?? response;
  if (gzip !== null) pipeline(gzip, response, () => undefined);
  // One that was gone before anything was made is not told again.
  if (response.destroyed) over();
  else response.once("close", over);
  target.on("drain", () => wake());
  try {
    for await (const chunk of chunks) {
      if (isOver) {
        sent?.(chunk);
        return;
      }
      if (target.write(chunk, () => sent?.(chunk))) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isOver) resolve();
      });
      if (isOver) return;
    }
    target.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/**
 * The chunks, with the first one already made, which shows whether the answer is long. Rejects if
 * making it throws.
 */
export async function begun(
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly first: Buffer | undefined; readonly chunks: AsyncIterable<Buffer> }> {
  const rest = chunks[Symbol.asyncIterator]();
  const { value: first, done } = await rest.next();
  if (done === true) return { first: undefined, chunks: all(undefined, rest) };
  return { first, chunks: all(first, rest) };
}

async function* all(first: Buffer | undefined, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first !== undefined) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
