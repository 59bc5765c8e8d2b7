import { createHash, type Hash } from "node:crypto";
import type { ReceiverTarget } from "./alert-settings.js";
import { Secret } from "./secret.js";

/**
 * One byte that nearly always differs where a receiver is reached elsewhere: enough to see after a
 * restart that its address was changed, too little to guess a secret by.
 */
export function receiverMarkOf(target: ReceiverTarget): string {
  const hash = createHash("sha256");
  add(hash, target);
  return hash.digest("hex").slice(0, 2);
}

function add(hash: Hash, value: unknown): void {
  if (value instanceof Secret) value.addTo(hash);
  else if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value).sort()) {
      hash.update(`${key}\0`);
      add(hash, (value as Record<string, unknown>)[key]);
    }
  } else hash.update(`${typeof value} ${String(value)}\0`);
}
