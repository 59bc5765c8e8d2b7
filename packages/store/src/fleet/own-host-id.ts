import { knownHostId } from "../sqlite/read/known-host.js";
import { parseStoreUrl } from "../store-url.js";

/**
 * The id by which the hosts of a fleet database know this one. Null where the store is no file, or
 * cannot be read yet.
 */
export function ownHostId(store: string): string | null {
  const source = parseStoreUrl(store);
  return source.scheme === "sqlite" ? knownHostId(source.path) : null;
}
