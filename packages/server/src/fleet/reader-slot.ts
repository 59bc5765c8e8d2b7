/** A reader that is opened when it is needed, and kept until it is closed. */
export class ReaderSlot<Reader extends { close(): unknown }> {
  readonly #make: () => Promise<Reader>;
  #reader: Promise<Reader> | null = null;

  constructor(make: () => Promise<Reader>) {
    this.#make = make;
  }

  open(): Promise<Reader> {
    if (this.#reader !== null) return this.#reader;
    const reader = this.#make();
    this.#reader = reader;
    // Another one may stand there by then.
    reader.catch(() => {
      if (this.#reader === reader) this.#reader = null;
    });
    return reader;
  }

  close(): void {
    void this.#reader?.then((reader) => reader.close()).catch(() => undefined);
    this.#reader = null;
  }
}
