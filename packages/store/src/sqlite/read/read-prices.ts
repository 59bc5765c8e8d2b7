import { priceRecord, type StoredPrice } from "../../price.js";
import { rowFrom, selectList } from "../sql/record-statement.js";
import type { ReadConnection } from "./read-connection.js";

const priceOf = rowFrom(priceRecord, "monitor_prices");

export function readPrices(connection: ReadConnection): StoredPrice[] {
  // A file that is only read may be older than the table.
  if (!connection.hasColumn("monitor_prices", "price_id")) return [];
  const list = selectList(priceRecord, "monitor_prices", connection);
  return connection
    .rows(`SELECT ${list} FROM monitor_prices ORDER BY first_used_ms, price_id`)
    .map((row) => priceOf(row) as unknown as StoredPrice);
}
