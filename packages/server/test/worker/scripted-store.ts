import {
  type Batch,
  openStore,
  type Store,
  StoreError,
  type StoreErrorCode,
  type WriteOutcome,
} from "@kissbot/store";

interface Write {
  readonly batch: Batch;
  readonly answer: (outcome: WriteOutcome | StoreErrorCode) => Promise<void>;
}

/** A store whose writes are answered by the test, one by one; the reads are the memory store's. */
export class ScriptedStore {
  readonly waiting: Write[] = [];
  readonly batches: Batch[] = [];
  /** When set, every write is answered with it at once. */
  reply: ((batch: Batch) => WriteOutcome | StoreErrorCode) | null = null;

  write(batch: Batch): Promise<WriteOutcome> {
    this.batches.push(batch);
    if (this.reply !== null) return answered(this.reply(batch));
    return new Promise((resolve, reject) => {
      const answer = async (outcome: WriteOutcome | StoreErrorCode) => {
        this.waiting.splice(
          this.waiting.findIndex((write) => write.batch === batch),
          1,
        );
        answered(outcome).then(resolve, reject);
        await Promise.resolve();
        await Promise.resolve();
        await Promise.resolve();
      };
      this.waiting.push({ batch, answer });
    });
  }

  /** As the writer sees it. */
  get store(): Store {
    return this as unknown as Store;
  }

  static memory(): Promise<Store> {
    return openStore("memory:");
  }
}

async function answered(outcome: WriteOutcome | StoreErrorCode): Promise<WriteOutcome> {
  if (outcome === "applied" || outcome === "duplicate") return outcome;
  throw new StoreError(outcome, `scripted: ${outcome}`);
}
