export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A scrape as Prometheus reads it: strict about the form, so that what it takes is right. */
export class Scraped {
  readonly samples: Sample[] = [];
  readonly types = new Map<string, string>();
  readonly helps = new Map<string, string>();

  constructor(text: string) {
    if (!text.endsWith("\n")) throw new Error("the last line does not end");
    const closed = new Set<string>();
    let family = "";
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
      if (kind === undefined) {
        const sample = sampleOf(line);
        if (!sample.name.startsWith(family)) throw new Error(`${sample.name} stands among ${family}`);
        this.samples.push(sample);
        continue;
      }
      if (name !== family && closed.has(name)) throw new Error(`${name} stands in two places`);
      closed.add(name);
      family = name;
      const known = kind === "HELP" ? this.helps : this.types;
      if (known.has(name)) throw new Error(`${kind} of ${name} twice`);
      known.set(name, rest);
    }
    const seen = new Set<string>();
    for (const { name, labels } of this.samples) {
      const key = JSON.stringify([name, Object.entries(labels).sort()]);
      if (seen.has(key)) throw new Error(`twice: ${key}`);
      seen.add(key);
    }
  }

  /** The samples of a name, without it. */
  of(name: string): (readonly [labels: Readonly<Record<string, string>>, value: number])[] {
    return this.samples.filter((sample) => sample.name === name).map(({ labels, value }) => [labels, value]);
  }

  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = JSON.stringify(Object.entries(labels).sort());
    return this.of(name).find(([own]) => JSON.stringify(Object.entries(own).sort()) === wanted)?.[1];
  }

  sum(name: string): number {
    return this.of(name).reduce((sum, [, value]) => sum + value, 0);
  }
}

function sampleOf(line: string): Sample {
  const [head, name = ""] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)/.exec(line) ?? [];
  if (head === undefined) throw new Error(`no name: ${line}`);
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length);
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    while (!rest.startsWith("}")) {
      const [label, key = "", value = ""] = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)",?/.exec(rest) ?? [];
      if (label === undefined) throw new Error(`no label: ${line}`);
      labels[key] = value.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
      rest = rest.slice(label.length);
    }
    rest = rest.slice(1);
  }
  const [, number = ""] = /^ (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|Nan|[+-]Inf)$/.exec(rest) ?? [];
  if (number === "") throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(number.replace("Inf", "Infinity")) };
}
