/** A scrape of `/metrics`, in the text format of Prometheus. */
export class MetricsText {
  readonly #samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[];

  constructor(text: string) {
    this.#samples = text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        if (name === "") throw new Error(`no sample: ${line}`);
        return { name, labels, value: Number(value) };
      });
  }

  /**
   * The sum of all samples of that name whose labels hold each of these texts, such as
   * `type="heartbeat"`. Throws where there is no such name.
   */
  sum(name: string, ...labels: readonly string[]): number {
    const named = this.#samples.filter((sample) => sample.name === name);
    if (named.length === 0) throw new Error(`no metric ${name}`);
    return named
      .filter((sample) => labels.every((label) => sample.labels.includes(label)))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** As `sum`; 0 for a metric that shows up with its first label. */
  sumOrZero(name: string, ...labels: readonly string[]): number {
    return this.#samples.some((sample) => sample.name === name) ? this.sum(name, ...labels) : 0;
  }
}
