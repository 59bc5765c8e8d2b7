import type { ListenerSettings } from "../../src/config/listener-settings.js";

/** A listener that may report on the channels that begin with its name, as much as it likes. */
export function listenerOf(
  principal: string,
  socketPath: string,
  more: Partial<ListenerSettings> = {},
): ListenerSettings {
  return {
    principal,
    socketPath,
    socketMode: 0o660,
    socketGroup: null,
    socketOwner: null,
    channels: [`${principal}_*`],
    maxBots: null,
    maxConnections: null,
    rowsPerSecond: null,
    processes: "any",
    uid: null,
    ...more,
  };
}
