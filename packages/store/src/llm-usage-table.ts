import { type LlmUsageFields, llmUsageRecord } from "./llm-usage.js";
import { capacityOf, type FieldReaders, RecordTable, type RowReader, rowReader } from "./record-table.js";

/** How usage rows are read from values of another shape, in the order of the columns. */
export type UsageReader<Source> = RowReader<LlmUsageFields, Source>;

/** Usage rows as columns: a batch takes it in place of an array. */
export class LlmUsageTable extends RecordTable<LlmUsageFields> {
  /** `capacity`: how many rows it holds, at least 1. */
  constructor(capacity: number) {
    super(llmUsageRecord, capacityOf(capacity));
  }

  /**
   * How rows are read from values of another shape, for `appendFrom`: a function for every field,
   * by its name.
   */
  static reader<Source>(readers: FieldReaders<LlmUsageFields, Source>): UsageReader<Source> {
    return rowReader(llmUsageRecord, readers);
  }
}
