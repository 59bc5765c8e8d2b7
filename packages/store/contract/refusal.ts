import assert from "node:assert/strict";
import type { StoreError, StoreErrorCode } from "../src/error.js";

/**
 * Rejects unless the promise rejects with this code. A code is compared and not the class: an
 * adapter may carry a copy of this package of its own.
 */
export async function refuses(
  code: StoreErrorCode,
  promise: Promise<unknown>,
  what = "the call",
): Promise<void> {
  let answer: unknown;
  try {
    answer = await promise;
  } catch (error) {
    assert.ok(error instanceof Error, `${what} rejects with an Error`);
    assert.equal((error as Partial<StoreError>).code, code, `${what} rejects with ${code}: ${error.message}`);
    return;
  }
  assert.fail(`${what} should reject with ${code}; it answered ${JSON.stringify(answer)}`);
}
