import { MemoryStore } from "./memory/memory-store.js";
import { openSqliteStore } from "./sqlite/sqlite-store.js";
import type { Store } from "./store.js";
import { type StoreOptions, settingsOf } from "./store-options.js";
import { parseStoreUrl } from "./store-url.js";

/**
 * Opens `kissbot_monitor.db`, `sqlite:kissbot_monitor.db`, `postgres://user@host/database` or
 * `memory:`. Resolves when the store is
 * migrated and can be read and written; rejects with a `StoreError` whose code says what to do,
 * without changing foreign files.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const target = parseStoreUrl(url);
  const settings = settingsOf(options);
  if (target.scheme === "postgres") {
    // Only who asks for it loads it.
    const { openPostgresStore } = await import("./postgres/postgres-store.js");
    return await openPostgresStore(target.url, options);
  }
  return target.scheme === "memory"
    ? new MemoryStore(settings)
    : await openSqliteStore(target.path, settings);
}
