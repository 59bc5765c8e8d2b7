import type { ListenerSettings } from "./config/listener-settings.js";
import type { PrincipalPolicy } from "./principals/principal-policy.js";

/** What the principals of these listeners may do. */
export function policiesOf(listeners: readonly ListenerSettings[]): readonly PrincipalPolicy[] {
  return listeners.map((listener) => {
    const { principal: name, channels, maxBots, maxConnections, rowsPerSecond, processes, uid } = listener;
    const ownUid = processes === "own" ? uid : null;
    return { name, channels, maxBots, maxConnections, rowsPerSecond, ownUid };
  });
}
