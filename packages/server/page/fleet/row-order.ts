/**
 * The order in which rows stand. While somebody points at the table or has the focus in it, no row
 * changes its place: a row that is wanted no more stays, and a new one waits.
 */
export class RowOrder {
  #view = "";
  #shown: readonly string[] = [];

  /**
   * The order to show. `wanted` is what it would be; `view` names filter, grouping and sorting:
   * where a person has changed those, the new order applies at once. `exists`: whether a row can
   * still be drawn.
   */
  next(
    view: string,
    wanted: readonly string[],
    isHeld: boolean,
    exists: (key: string) => boolean,
  ): readonly string[] {
    if (!isHeld || view !== this.#view) {
      this.#view = view;
      this.#shown = wanted;
    } else if (!this.#shown.every(exists)) {
      this.#shown = this.#shown.filter(exists);
    }
    return this.#shown;
  }

  /** Whether what is shown is not what it would be. */
  differs(wanted: readonly string[]): boolean {
    const shown = this.#shown;
    return wanted.length !== shown.length || wanted.some((key, i) => key !== shown[i]);
  }
}
