import {
  type Batch,
  type CustomMetric,
  type LlmUsage,
  openStore,
  type Store,
  StoreError,
  type StoreErrorCode,
  type WriteOutcome,
} from "@kissbot/store";

/** With rows instead of the tables, which are used again. */
type Seen = Batch & {
  readonly llmUsage?: readonly LlmUsage[];
  readonly customMetrics?: readonly CustomMetric[];
};

interface Write {
  readonly batch: Batch;
  readonly answer: (outcome: WriteOutcome | StoreErrorCode) => Promise<void>;
}

/** A store whose writes are answered by the test, one by one; the reads are the memory store's. */
export class ScriptedStore {
  readonly waiting: Write[] = [];
  readonly batches: Seen[] = [];
  /** When set, every write is answered with it at once. */
  reply: ((batch: Seen) => WriteOutcome | StoreErrorCode) | null = null;

  write(batch: Batch): Promise<WriteOutcome> {
    const { llmUsage, customMetrics, ...rest } = batch;
    const seen: Seen = {
      ...rest,
      ...(llmUsage === undefined ? {} : { llmUsage: [...llmUsage] }),
      ...(customMetrics === undefined ? {} : { customMetrics: [...customMetrics] }),
    };
    this.batches.push(seen);
    if (this.reply !== null) return answered(this.reply(seen));
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
