import type { PrincipalPolicy } from "../../src/principals/principal-policy.js";

/** One that may report on the channels that begin with its name, as much as it likes. */
export function policyOf(name: string, more: Partial<PrincipalPolicy> = {}): PrincipalPolicy {
  const unbounded = { maxBots: null, maxConnections: null, rowsPerSecond: null, ownUid: null };
  return { name, channels: [`${name}_*`], ...unbounded, ...more };
}
