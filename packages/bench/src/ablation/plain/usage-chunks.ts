import { LineDecoder, type LlmUsage } from "@kissbot/protocol";
import { LlmUsageTable } from "@kissbot/store";
import { usageColumns } from "../../../../server/src/queue/usage-columns.js";

const tableRows = 1_024;

interface Waiting {
  readonly message: LlmUsage;
  readonly receivedAtMs: number;
}

/** Usage rows that wait as the messages that came, and become columns when they are taken. */
export class UsageChunks {
  #rows: Waiting[] = [];
  #from = 0;
  readonly #decoder = new LineDecoder();
  readonly #table = new LlmUsageTable(tableRows);

  get length(): number {
    return this.#rows.length - this.#from;
  }

  get capacity(): number {
    return this.length;
  }

  get oldestChannel(): string {
    return (this.#rows[this.#from] as Waiting).message.channel;
  }

  pushUsage(message: LlmUsage, receivedAtMs: number): number {
    this.#rows.push({ message, receivedAtMs });
    return unitsOf(message);
  }

  pushLines(text: string, _lines: number, receivedAtMs: number): number {
    let units = 0;
    this.#decoder.push(Buffer.from(text, "latin1"), (result) => {
      if (result.ok && result.message.type === "llm_usage")
        units += this.pushUsage(result.message, receivedAtMs);
    });
    return units;
  }

  dropNewest(): void {
    this.#rows.pop();
  }

  dropOldest(rows = 1): number {
    let units = 0;
    for (let left = rows; left > 0; left--) units += this.takeUsage(1, () => undefined);
    return units;
  }

  takeUsage(
    limit: number,
    on: (rows: LlmUsageTable, from: number, to: number, units: number) => void,
  ): number {
    const to = Math.min(this.#from + limit, this.#from + tableRows, this.#rows.length);
    const table = this.#table;
    table.clear();
    let units = 0;
    for (let row = this.#from; row < to; row++) {
      const { message, receivedAtMs } = this.#rows[row] as Waiting;
      table.appendFrom(usageColumns, message, receivedAtMs);
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

function unitsOf({ channel, model, feature, error, provider }: LlmUsage): number {
  return channel.length + model.length + feature.length + (error?.length ?? 0) + (provider?.length ?? 0);
}
