import { isPlainObject } from "@kissbot/protocol";

/** One call of a language model. What is null or absent is unknown. */
export interface LlmUsageReport {
  readonly model: string;
  /** What the bot used it for. */
  readonly feature: string;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly latencyMs?: number | null | undefined;
  readonly provider?: string | null | undefined;
  /** Part of `tokensIn`. */
  readonly tokensCached?: number | null | undefined;
  /** Written to the provider's cache; part of `tokensIn`. */
  readonly tokensCacheWrite?: number | null | undefined;
  readonly costUsd?: number | null | undefined;
  /**
   * Why the call failed: rate_limit, timeout, auth, context_length, content_filter,
   * invalid_request, server, network, cancelled or other; never a message. The monitor counts any
   * other kind as other. 1 to 64 characters of a-z, 0-9 and _. The tokens may then be 0.
   */
  readonly error?: string | null | undefined;
}

/** What `LlmUsageReport` knows. */
export const usageNames: readonly (keyof LlmUsageReport)[] = [
  "model",
  "feature",
  "tokensIn",
  "tokensOut",
  "latencyMs",
  "provider",
  "tokensCached",
  "tokensCacheWrite",
  "costUsd",
  "error",
];

/** What a bot measured itself. */
export interface MeasuredLoad {
  /** Bytes / 1 048 576. */
  readonly rssMb?: number | undefined;
  /** 100 is one core. */
  readonly cpuPct?: number | undefined;
}

/** What this has, an object literal has without being given it, enumerable or not: junk. */
export const plain = {};

/**
 * The same, without what an object literal has from a polluted `Object.prototype`, if there
 * `isJunk`.
 */
export function ownOf<T>(given: T, isJunk: boolean): T {
  return isJunk && isPlainObject(given) ? { __proto__: null, ...given } : given;
}

/**
 * Whether there is junk that a call of a model could have. Name by name, as the compiler then knows
 * the answer until somebody changes `Object.prototype`: a loop takes as long as the rest of the
 * call.
 */
export function isUsageJunk(): boolean {
  return (
    "model" in plain ||
    "feature" in plain ||
    "tokensIn" in plain ||
    "tokensOut" in plain ||
    "latencyMs" in plain ||
    "provider" in plain ||
    "tokensCached" in plain ||
    "tokensCacheWrite" in plain ||
    "costUsd" in plain ||
    "error" in plain
  );
}
