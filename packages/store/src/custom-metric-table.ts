import { type CustomMetricFields, customMetricRecord } from "./custom-metric.js";
import { capacityOf, type FieldReaders, RecordTable, type RowReader, rowReader } from "./record-table.js";

/** How custom metrics are read from values of another shape, in the order of the columns. */
export type CustomMetricReader<Source> = RowReader<CustomMetricFields, Source>;

/** Custom metrics as columns: a batch takes it in place of an array. */
export class CustomMetricTable extends RecordTable<CustomMetricFields> {
  /** `capacity`: how many rows it holds, at least 1. */
  constructor(capacity: number) {
    super(customMetricRecord, capacityOf(capacity));
  }

  /**
   * How rows are read from values of another shape, for `appendFrom`: a function for every field,
   * by its name.
   */
  static reader<Source>(readers: FieldReaders<CustomMetricFields, Source>): CustomMetricReader<Source> {
    return rowReader(customMetricRecord, readers);
  }
}
