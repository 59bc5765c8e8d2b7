/** Makes ids that no other life of the monitor makes. */
export class AlertIds {
  readonly #life: string;
  #seq = 0;

  /** `startedAtMs` and a chance from 0 to below 1 name this life. */
  constructor(startedAtMs: number, chance = Math.random()) {
    this.#life = `${startedAtMs.toString(36)}${Math.floor(chance * 36 ** 3)
      .toString(36)
      .padStart(3, "0")}`;
  }

  next(prefix: "a" | "n" | "s"): string {
    this.#seq += 1;
    return `${prefix}-${this.#life}-${this.#seq}`;
  }
}
