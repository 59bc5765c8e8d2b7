/** Bytes as they come, given back line by line. */
export class Bytes {
  readonly #lines: Buffer[] = [];
  #rest: Buffer[] = [];
  /** How many bytes of a line have come whose newline has not. */
  restLength = 0;

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      this.#lines.push(Buffer.concat([...this.#rest, bytes.subarray(start, end)]));
      this.#rest = [];
      this.restLength = 0;
      start = end + 1;
    }
    if (start === bytes.length) return;
    this.#rest.push(bytes.subarray(start));
    this.restLength += bytes.length - start;
  }

  /** The next whole line, without its newline. */
  line(): Buffer | undefined {
    return this.#lines.shift();
  }

  /** What has come of a line without its newline. */
  rest(): Buffer {
    return Buffer.concat(this.#rest);
  }
}
