import { declareRecord, type RowOf, type StoredRowOf } from "./record.js";

/** A price that was applied to calls, word for word, so that each cost can be explained. */
export const priceRecord = declareRecord("prices", {
  /** Its number follows from the price, so the same price has one row, whoever writes it. */
  priceId: {
    kind: "count",
    columns: { monitor_prices: "price_id INTEGER NOT NULL" },
    get: (row) => row.priceId,
  },
  /** Where it is from, and in which version: words of the writer's. */
  source: { kind: "text", columns: { monitor_prices: "source TEXT NOT NULL" }, get: (row) => row.source },
  version: { kind: "text", columns: { monitor_prices: "version TEXT NOT NULL" }, get: (row) => row.version },
  provider: {
    kind: "text",
    nullable: true,
    columns: { monitor_prices: "provider TEXT" },
    get: (row) => row.provider,
  },
  model: { kind: "text", columns: { monitor_prices: "model TEXT NOT NULL" }, get: (row) => row.model },
  priceJson: {
    kind: "text",
    columns: { monitor_prices: "price_json TEXT NOT NULL" },
    get: (row) => row.priceJson,
  },
  firstUsedMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_prices: "first_used_ms INTEGER NOT NULL" },
    get: (row) => row.firstUsedMs,
  },
});

/** A price as a batch carries it beside the calls that it was applied to. The first word stays. */
export interface PriceRecord extends RowOf<typeof priceRecord.fields> {}
export interface StoredPrice extends StoredRowOf<typeof priceRecord.fields> {}
