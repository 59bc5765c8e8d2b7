import { type LlmUsage, LlmUsageTable } from "@kissbot/store";

type Readers = Parameters<typeof LlmUsageTable.reader<LlmUsage>>[0];

/** Each field as it stands, wrong or right. */
const fields = LlmUsageTable.reader<LlmUsage>(
  Object.fromEntries(
    Object.keys(new LlmUsageTable(1).columns).map((name) => [
      name,
      (row: LlmUsage) => row[name as keyof LlmUsage],
    ]),
  ) as unknown as Readers,
);

/** Rows as the queue hands them over: not checked. */
export function usageTable(...rows: readonly LlmUsage[]): LlmUsageTable {
  const table = new LlmUsageTable(Math.max(rows.length, 1));
  for (const row of rows) table.appendFrom(fields, row, 0);
  return table;
}
