import { Counter, Gauge, type Registry } from "prom-client";

export interface SampledMetric<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
  /** The values of this moment, each with its labels. */
  readonly values: () => Iterable<readonly [labels: Readonly<Record<Label, string>>, value: number]>;
}

/** A counter that somebody else counts: read when it is scraped. */
export function registerCounter<Label extends string = never>(
  registry: Registry,
  { name, help, labelNames = [], values }: SampledMetric<Label>,
): void {
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      // prom-client throws at what is no count, and would so lose the whole scrape.
      for (const [labels, value] of values())
        if (value >= 0 && value < Number.POSITIVE_INFINITY) this.inc(labels, value);
    },
  });
}

export function registerGauge<Label extends string = never>(
  registry: Registry,
  { name, help, labelNames = [], values }: SampledMetric<Label>,
): void {
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      // A metric without labels is 0 after that, which is more than is known.
      if (labelNames.length === 0) this.remove();
      for (const [labels, value] of values()) this.set(labels, value);
    },
  });
}

/** A record of numbers, its keys as values of one label. */
export function* labelled<Label extends string>(
  label: Label,
  counts: Readonly<Record<string, number>>,
): Generator<readonly [Record<Label, string>, number]> {
  for (const [key, count] of Object.entries(counts)) yield [{ [label]: key } as Record<Label, string>, count];
}
