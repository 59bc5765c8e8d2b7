import { ColumnTable } from "./column-table.js";
import { type LlmUsage, llmUsageColumns } from "./llm-usage.js";

/** Usage rows as columns: what a batch takes instead of an array of them. */
export class LlmUsageTable extends ColumnTable<LlmUsage> {
  /** `capacity`: how many rows it holds, at least 1. */
  constructor(capacity: number) {
    super("llmUsage", llmUsageColumns, capacity);
  }
}
