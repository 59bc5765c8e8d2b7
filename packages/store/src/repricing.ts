import { declareRecord, type RowOf } from "./record.js";

/** The cost of a stored call whose cost was unknown. */
export const repricingRecord = declareRecord("repricings", {
  /** The `id` of the call. */
  usageId: { kind: "count", columns: {}, get: (row) => row.usageId },
  costUsd: { kind: "amount", unit: "USD", columns: {}, get: (row) => row.costUsd },
  /** By which of `prices`. */
  priceId: { kind: "count", columns: {}, get: (row) => row.priceId },
});

export interface Repricing extends RowOf<typeof repricingRecord.fields> {}
