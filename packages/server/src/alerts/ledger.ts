import type { AlertRecords, Tell } from "./alert-records.js";

/** What each receiver knows of each alert. */
export class Ledger {
  readonly #tells = new Map<string, Map<string, Tell>>();
  readonly #records: Pick<AlertRecords, "recordTell">;
  /** Grows with each change. */
  revision = 0;

  constructor(records: Pick<AlertRecords, "recordTell">) {
    this.#records = records;
  }

  get(receiver: string, alertId: string): Tell | undefined {
    return this.#tells.get(receiver)?.get(alertId);
  }

  /** Whether any receiver has been told of it. */
  isTold(alertId: string): boolean {
    return [...this.#tells.values()].some((own) => own.get(alertId)?.phase === "told");
  }

  set(receiver: string, alertId: string, tell: Tell): void {
    this.restore(receiver, alertId, tell);
    this.#records.recordTell(receiver, alertId, tell);
  }

  /** Known from before; not stored again. */
  restore(receiver: string, alertId: string, tell: Tell): void {
    const own = this.#tells.get(receiver);
    if (own === undefined) this.#tells.set(receiver, new Map([[alertId, tell]]));
    else own.set(alertId, tell);
    this.revision++;
  }

  /** Nothing more is to be said to receivers that are none any more. */
  endOthers(receivers: ReadonlySet<string>): void {
    for (const { receiver, alertId, tell } of [...this]) {
      if (!receivers.has(receiver) && tell.phase !== "over")
        this.set(receiver, alertId, { ...tell, phase: "over" });
    }
  }

  /** Nothing more will be asked about it, nor said. */
  forget(alertId: string): void {
    for (const [receiver, own] of this.#tells) {
      const tell = own.get(alertId);
      if (tell === undefined) continue;
      own.delete(alertId);
      if (tell.phase !== "over") this.#records.recordTell(receiver, alertId, { ...tell, phase: "over" });
    }
  }

  /** The whole ledger, to store again in a fresh database. */
  *[Symbol.iterator](): IterableIterator<{ receiver: string; alertId: string; tell: Tell }> {
    for (const [receiver, own] of this.#tells) {
      for (const [alertId, tell] of own) yield { receiver, alertId, tell };
    }
  }
}
