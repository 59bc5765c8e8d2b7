import { type CustomMetric, LineDecoder, type LlmUsage } from "@kissbot/protocol";
import type { RowKind, RowMessages, RowTables, RowType } from "../../../../server/src/queue/row-kind.js";

const tableRows = 1_024;

interface Waiting<Type extends RowType> {
  readonly message: RowMessages[Type];
  readonly receivedAtMs: number;
}

/** Rows that wait as the messages that came, and become columns when they are taken. */
export class RowChunks<Type extends RowType> {
  readonly #kind: RowKind<Type>;
  #rows: Waiting<Type>[] = [];
  #from = 0;
  readonly #decoder = new LineDecoder();
  readonly #table: RowTables[Type];

  constructor(kind: RowKind<Type>) {
    this.#kind = kind;
    this.#table = kind.newTable(tableRows);
  }

  get length(): number {
    return this.#rows.length - this.#from;
  }

  get capacity(): number {
    return this.length;
  }

  get oldestChannel(): string {
    return (this.#rows[this.#from] as Waiting<Type>).message.channel;
  }

  pushRow(message: RowMessages[Type], receivedAtMs: number): number {
    this.#rows.push({ message, receivedAtMs });
    return unitsOf(message);
  }

  pushLines(text: string, _lines: number, receivedAtMs: number): number {
    let units = 0;
    this.#decoder.push(Buffer.from(text, "latin1"), (result) => {
      if (result.ok && result.message.type === this.#kind.type)
        units += this.pushRow(result.message as RowMessages[Type], receivedAtMs);
    });
    return units;
  }

  dropNewest(): void {
    this.#rows.pop();
  }

  dropOldest(rows = 1): number {
    let units = 0;
    for (let left = rows; left > 0; left--) units += this.takeRows(1, () => undefined);
    return units;
  }

  takeRows(
    limit: number,
    on: (rows: RowTables[Type], from: number, to: number, units: number) => void,
  ): number {
    const to = Math.min(this.#from + limit, this.#from + tableRows, this.#rows.length);
    const table = this.#table;
    table.clear();
    let units = 0;
    for (let row = this.#from; row < to; row++) {
      const { message, receivedAtMs } = this.#rows[row] as Waiting<Type>;
      this.#kind.append(table, message, receivedAtMs);
      units += unitsOf(message);
    }
    this.#from = to;
    if (2 * this.#from > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#from);
      this.#from = 0;
    }
    on(table, 0, table.length, units);
    return units;
  }
}

function unitsOf(message: LlmUsage | CustomMetric): number {
  const { channel } = message;
  if (message.type === "custom_metric") return channel.length + message.metric_name.length;
  const { model, feature, error, provider } = message;
  return channel.length + model.length + feature.length + (error?.length ?? 0) + (provider?.length ?? 0);
}
