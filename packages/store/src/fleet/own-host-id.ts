import { SourceTail } from "../sqlite/read/source-tail.js";
import { parseStoreUrl } from "../store-url.js";

/**
 * The id by which the hosts of a fleet database know this one: it is in the database file. Null
 * where the store is no file, or cannot be read yet.
 */
export function ownHostId(store: string): string | null {
  const source = parseStoreUrl(store);
  if (source.scheme !== "sqlite") return null;
  try {
    const tail = new SourceTail(source.path);
    try {
      return tail.identity()?.hostId ?? null;
    } finally {
      tail.close();
    }
  } catch {
    return null;
  }
}
