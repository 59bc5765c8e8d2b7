import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { StoreError } from "../../error.js";
import type { StoreSettings } from "../../store-options.js";

const lookMs = 100;

/**
 * Resolves when what stands at the path, or that nothing does, has not changed for `settleMs`: who
 * restores a database may still be copying it. Rejects with `busy` after `openTimeoutMs`, and with
 * `closed` where the opening is given up.
 */
export async function settled(
  path: string,
  { settleMs, openTimeoutMs, signal }: Pick<StoreSettings, "settleMs" | "openTimeoutMs" | "signal">,
): Promise<void> {
  const deadlineMs = performance.now() + openTimeoutMs;
  let seen = await lookOf(path);
  let sinceMs = performance.now();
  while (performance.now() - sinceMs < settleMs) {
    await delay(lookMs);
    if (signal?.aborted) throw new StoreError("closed", "the store was closed before it was open");
    const now = await lookOf(path);
    if (now === seen) continue;
    seen = now;
    sinceMs = performance.now();
    if (sinceMs > deadlineMs) throw new StoreError("busy", `${path} is being written by something else`);
  }
}

async function lookOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}
