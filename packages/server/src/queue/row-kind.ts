import type { CustomMetric, LlmUsage } from "@kissbot/protocol";
import { CustomMetricTable, LlmUsageTable } from "@kissbot/store";
import { metricColumns } from "./metric-columns.js";
import { usageColumns } from "./usage-columns.js";

/** The messages that are stored as a row each. */
export interface RowMessages {
  readonly llm_usage: LlmUsage;
  readonly custom_metric: CustomMetric;
}

/** Their rows as columns. */
export interface RowTables {
  readonly llm_usage: LlmUsageTable;
  readonly custom_metric: CustomMetricTable;
}

export type RowType = keyof RowMessages;

/** How the messages of one type become rows. */
export interface RowKind<Type extends RowType> {
  readonly type: Type;
  readonly newTable: (capacity: number) => RowTables[Type];
  readonly append: (rows: RowTables[Type], message: RowMessages[Type], receivedAtMs: number) => void;
}

export const usageKind: RowKind<"llm_usage"> = {
  type: "llm_usage",
  newTable: (capacity) => new LlmUsageTable(capacity),
  append: (rows, message, receivedAtMs) => rows.appendFrom(usageColumns, message, receivedAtMs),
};

export const metricKind: RowKind<"custom_metric"> = {
  type: "custom_metric",
  newTable: (capacity) => new CustomMetricTable(capacity),
  append: (rows, message, receivedAtMs) => rows.appendFrom(metricColumns, message, receivedAtMs),
};
