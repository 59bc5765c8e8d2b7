/**
 * The distinct strings of a table or a batch (measured: `pnpm bench ablation`, `name-pool`); the
 * reference of a string is its index plus one, so that 0 means null.
 */
export class Dictionary {
  readonly strings: string[];
  readonly #refs = new Map<string, number>();

  /** `strings`: those of a dictionary that crossed from another thread, to be read by reference. */
  constructor(strings: string[] = []) {
    this.strings = strings;
  }

  /**
   * The reference of a well-formed string, or 0 when it has a lone surrogate: UTF-8 cannot hold
   * one.
   */
  ref(text: string): number {
    const known = this.#refs.get(text);
    if (known !== undefined) return known;
    if (loneSurrogate.test(text)) return 0;
    const ref = this.strings.push(text);
    this.#refs.set(text, ref);
    return ref;
  }
}

const loneSurrogate = /\p{Surrogate}/u;
