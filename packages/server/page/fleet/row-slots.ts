/**
 * Which element shows which row. One whose row was scrolled away is filled with another row, which
 * is cheaper than to make a new one.
 */
export class RowSlots {
  #slots: ReadonlyMap<string, number> = new Map();
  #made = 0;

  /**
   * The slots of these rows: a row keeps the one that it has. That of `focused` is given to no
   * other row.
   */
  next(keys: readonly string[], focused: string | null): ReadonlyMap<string, number> {
    const wanted = new Set(keys);
    const free = [...this.#slots].filter(([key]) => key !== focused && !wanted.has(key)).values();
    const slots = new Map<string, number>();
    for (const key of keys) {
      const slot: number | undefined = this.#slots.get(key) ?? free.next().value?.[1];
      slots.set(key, slot ?? this.#made++);
    }
    this.#slots = slots;
    return slots;
  }
}
