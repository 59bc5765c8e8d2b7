import { BytePieces, type PiecePool } from "../byte-pieces.js";

export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
}

/**
 * One metric in Prometheus' text format, for labels that bots choose. Why not prom-client: it tells
 * label sets apart by a text of names and values in which a comma of a value counts like one
 * between them, so one bot could write into another's numbers; and four gauges of 10 000 bots are
 * 180 ms of work for it, all in one piece (measured; here it is 45 ms, in turns of 3 ms).
 */
export class Exposition {
  readonly #pieces: BytePieces;
  readonly #name: string;

  constructor({ name, type, help }: Family, pool: PiecePool) {
    this.#pieces = new BytePieces(pool);
    this.#name = name;
    this.#pieces.addText(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }

  /** One sample; `labels` as `labelsOf` makes them. What is not known makes no line. */
  add(labels: string, value: number | null): void {
    if (value === null || !Number.isFinite(value)) return;
    this.#pieces.addText(`${this.#name}${labels} ${value}\n`);
  }

  end(): readonly Buffer[] {
    return this.#pieces.end();
  }
}

/**
 * Labels in braces. Their values are data, whatever stands in them: a backslash, a quote and a line
 * feed are escaped, all else is itself.
 */
export function labelsOf(labels: Readonly<Record<string, string>>): string {
  // Joined, not added: a sum of texts keeps all its parts, three times as many bytes.
  const parts = Object.entries(labels).map(([name, value]) => [name, '="', escaped(value), '"'].join(""));
  return ["{", parts.join(","), "}"].join("");
}

const special = /[\\"\n]/g;

function escaped(value: string): string {
  return value.replace(special, (one) => (one === "\n" ? "\\n" : `\\${one}`));
}
