import { expect, test } from "vitest";
import { StoreError } from "../src/error.js";
import { CustomMetricTable } from "../src/index.js";
import { packBatch, readTables } from "../src/packed-batch.js";

const row = { tsMs: 1, channel: "a", metricName: "queue length", value: -2.5 };
const batchOf = (customMetrics: CustomMetricTable) =>
  packBatch({ producer: "p", epoch: 1, seq: 1, customMetrics });

test("a batch takes custom metrics as a table, which can be filled again afterwards", () => {
  const table = new CustomMetricTable(2);
  table.append([row, { ...row, channel: "b", value: 0 }]);
  expect(table.room).toBe(0);
  const packed = batchOf(table);
  table.clear();
  table.append([{ ...row, value: 7 }]);
  expect(readTables(packed).customMetrics?.slice()).toEqual([row, { ...row, channel: "b", value: 0 }]);
  expect(table.slice()).toEqual([{ ...row, value: 7 }]);
});

test("what no store takes is named when the table is written", () => {
  const fields = CustomMetricTable.reader<typeof row>({
    tsMs: ({ tsMs }) => tsMs,
    channel: ({ channel }) => channel,
    metricName: ({ metricName }) => metricName,
    value: ({ value }) => value,
  });
  const table = new CustomMetricTable(2);
  for (const value of [1, Number.NaN]) table.appendFrom(fields, { ...row, value }, 0);
  expect(() => batchOf(table)).toThrow(
    new StoreError("invalid_batch", "customMetrics[1].value: expected a finite number"),
  );
  expect(() => new CustomMetricTable(0)).toThrow(RangeError);
});
