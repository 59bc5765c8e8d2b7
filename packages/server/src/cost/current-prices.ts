import type { PriceBook } from "./price-book.js";

/** The prices of a running monitor: a reload puts another book in the place of this one. */
export class CurrentPrices {
  #book: PriceBook | null;

  constructor(book: PriceBook | null) {
    this.#book = book;
  }

  /**
   * The book that holds now; null before the first. What was remembered of another one is to be
   * forgotten.
   */
  get book(): PriceBook | null {
    return this.#book;
  }

  replaceBook(book: PriceBook): void {
    this.#book = book;
  }
}
