/** How many verdicts all principals remember together. */
const maxRemembered = 10_000;

/** Verdicts by channel. */
export type RememberedVerdicts = Map<string, boolean>;

/** The bound that the remembered verdicts of all principals share. */
export class VerdictMemory {
  readonly #all = new Set<RememberedVerdicts>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  openVerdicts(): RememberedVerdicts {
    const verdicts: RememberedVerdicts = new Map();
    this.#all.add(verdicts);
    return verdicts;
  }

  /** At the bound it empties the greatest map, so a flood of names mostly forgets its own. */
  remember(verdicts: RememberedVerdicts, channel: string, verdict: boolean): void {
    if (this.#size >= maxRemembered) this.#empty(this.#greatest());
    verdicts.set(channel, verdict);
    this.#size++;
  }

  closeVerdicts(verdicts: RememberedVerdicts): void {
    this.#empty(verdicts);
    this.#all.delete(verdicts);
  }

  #greatest(): RememberedVerdicts {
    return [...this.#all].reduce((greatest, each) => (each.size > greatest.size ? each : greatest));
  }

  #empty(verdicts: RememberedVerdicts): void {
    this.#size -= verdicts.size;
    verdicts.clear();
  }
}
