import { promisify } from "node:util";
import { createGzip, type Gzip, gzip } from "node:zlib";

/**
 * Quick rather than small: a list of bots shrinks to a twentieth all the same. The small window and
 * tables keep what a stream holds for as long as it is open at 64 kB.
 */
const options = { level: 1, windowBits: 13, memLevel: 6 };
const gzipAsync = promisify(gzip);

/** A shorter answer is sent as it is. */
export const leastGzipBytes = 1_025;

/** The work is done in libuv's pool, not on the event loop. */
export function gzipOf(bytes: Buffer): Promise<Buffer> {
  return gzipAsync(bytes, options);
}

export function newGzip(): Gzip {
  return createGzip(options);
}
