/** A reader that is opened when it is needed, and kept until it is closed. */
export class ReaderSlot<Reader extends { close(): unknown }> {
  readonly #make: () => Promise<Reader>;
  #reader: Promise<Reader> | null = null;

  constructor(make: () => Promise<Reader>) {
    this.#make = make;
  }

  open(): Promise<Reader> {
    this.#reader ??= this.#make().catch((error: unknown) => {
      this.#reader = null;
      throw error;
    });
    return this.#reader;
  }

  close(): void {
    void this.#reader?.then((reader) => reader.close()).catch(() => undefined);
    this.#reader = null;
  }
}
