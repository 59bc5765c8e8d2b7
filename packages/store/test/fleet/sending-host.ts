import { Forwarder } from "../../src/fleet/forwarder.js";
import { PostgresReceiver } from "../../src/fleet/postgres-receiver.js";
import { RowRate } from "../../src/fleet/row-rate.js";
import type { Link } from "../../src/postgres/link.js";
import { SourceTail } from "../../src/sqlite/read/source-tail.js";
import { Monitor } from "../plain-monitor.js";

/**
 * A database, and what sends it to the fleet's; the clock is past the end of a minute each time.
 */
export class SendingHost {
  readonly monitor: Monitor;
  readonly receiver: PostgresReceiver;
  readonly forwarder: Forwarder;
  readonly #tail: SourceTail;
  #nowMs = 0;
  /** What went wrong on the way. */
  readonly errors: unknown[] = [];

  constructor(path: string, link: Link, name = "host") {
    this.monitor = new Monitor(path);
    this.monitor.open();
    this.#tail = new SourceTail(path);
    this.receiver = new PostgresReceiver(link, name);
    this.forwarder = new Forwarder(this.#tail, this.receiver, {
      backlogRate: new RowRate(1e9, () => this.#nowMs),
      now: () => this.#nowMs,
      monotonicMs: () => this.#nowMs,
      onRejected: (_source, _id, error) => this.errors.push(error),
    });
  }

  async drain(): Promise<void> {
    for (let i = 0; i < 10_000; i++) {
      this.#nowMs += 66_000;
      try {
        if (!(await this.forwarder.round())) return;
      } catch (error) {
        this.errors.push(error);
        this.forwarder.forget();
        if (this.receiver.failureOf(error) !== "retry") return;
      }
    }
    throw new Error("it does not come to an end");
  }

  [Symbol.dispose](): void {
    this.#tail.close();
    this.monitor.close();
  }
}

/** `count(*), sum(a) FROM b` as numbers. */
export async function numbersIn(link: Link, question: string): Promise<number[]> {
  const [list = "", from = ""] = question.split(" FROM ");
  const columns = list.split(", ").map((column, i) => `(${column})::float8 AS c${i}`);
  const [row] = await link.rows(`SELECT ${columns.join(", ")} FROM ${from}`);
  return Object.values(row ?? {}).map(Number);
}
