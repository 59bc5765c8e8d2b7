import type { PrincipalState } from "./http/routes/principals-route.js";
import type { Listeners } from "./ingest/listeners.js";
import type { Principals } from "./principals/principals.js";

/** Every principal with its listener; none while `local` is the only one. */
export function statesOf(principals: Principals, listeners: Listeners): readonly PrincipalState[] {
  if (!principals.hasOthers) return [];
  const own = [...listeners];
  return Array.from(principals, (principal) => ({
    principal,
    listener: own.find((listener) => listener.principal === principal.name) ?? null,
  }));
}
