import { textFromMs } from "../../timestamp.js";

/** More are a batch of old rows, which seldom share a millisecond. */
const maxTexts = 4_096;

/**
 * The texts of one commit's times. Rows come many to a millisecond, and a text that was bound
 * before is flat and need not be made (measured: `pnpm bench ablation`, `time-texts`).
 */
export class TimestampTexts {
  readonly #texts = new Map<number, string>();

  textOf(ms: number): string {
    const known = this.#texts.get(ms);
    if (known !== undefined) return known;
    const text = textFromMs(ms);
    if (this.#texts.size < maxTexts) this.#texts.set(ms, text);
    return text;
  }

  clear(): void {
    this.#texts.clear();
  }
}
