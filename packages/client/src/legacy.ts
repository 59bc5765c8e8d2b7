import type { MonitorClient } from "./monitor-client.js";
import { sharedClient } from "./shared-client.js";

export { featuresToDict, type LegacyFeature, type LegacyFeatureManager } from "./feature-dict.js";
export { HeartbeatTask } from "./heartbeat-task.js";

/**
 * Registers a bot. True: the outbox took it, and it will be sent. Never throws.
 *
 * @deprecated Use `MonitorClient.register`.
 */
export function registerWithMonitor(
  channel: string,
  pid: number,
  features: Readonly<Record<string, boolean>>,
  socketPath?: string,
): boolean {
  return isTaken(sharedClient("register", channel, pid, socketPath), (client) => client.register(features));
}

/**
 * As `registerWithMonitor`, with the promise of `MonitorClient.register`.
 *
 * @deprecated Use `MonitorClient.register`.
 */
export function registerWithMonitorAsync(
  channel: string,
  pid: number,
  features: Readonly<Record<string, boolean>>,
  socketPath?: string,
): Promise<boolean> {
  return sharedClient("register", channel, pid, socketPath)?.register(features) ?? Promise.resolve(false);
}

/**
 * Says that a bot is alive. True: the outbox took it, and it will be sent. Never throws.
 *
 * @deprecated Use `MonitorClient.heartbeat` or `startHeartbeat`.
 */
export function sendHeartbeat(channel: string, pid: number, socketPath?: string): boolean {
  return isTaken(sharedClient("heartbeat", channel, pid, socketPath), (client) => client.heartbeat());
}

/**
 * As `sendHeartbeat`, with the promise of `MonitorClient.heartbeat`.
 *
 * @deprecated Use `MonitorClient.heartbeat` or `startHeartbeat`.
 */
export function sendHeartbeatAsync(channel: string, pid: number, socketPath?: string): Promise<boolean> {
  return sharedClient("heartbeat", channel, pid, socketPath)?.heartbeat() ?? Promise.resolve(false);
}

/**
 * Says goodbye for a bot. True: the outbox took it, and it will be sent. Never throws.
 *
 * @deprecated Use `MonitorClient.unregister`.
 */
export function unregisterFromMonitor(channel: string, pid: number, socketPath?: string): boolean {
  return isTaken(sharedClient("unregister", channel, pid, socketPath), (client) => client.unregister());
}

/**
 * As `unregisterFromMonitor`, with the promise of `MonitorClient.unregister`.
 *
 * @deprecated Use `MonitorClient.unregister`.
 */
export function unregisterFromMonitorAsync(
  channel: string,
  pid: number,
  socketPath?: string,
): Promise<boolean> {
  return sharedClient("unregister", channel, pid, socketPath)?.unregister() ?? Promise.resolve(false);
}

export { featuresToDict as features_to_dict } from "./feature-dict.js";
export {
  registerWithMonitor as register_with_monitor,
  registerWithMonitorAsync as register_with_monitor_async,
  sendHeartbeat as send_heartbeat,
  sendHeartbeatAsync as send_heartbeat_async,
  unregisterFromMonitor as unregister_from_monitor,
  unregisterFromMonitorAsync as unregister_from_monitor_async,
};

/** Makes the call; whether it was neither invalid nor too late, which its promise would tell only later. */
function isTaken(
  client: MonitorClient | undefined,
  call: (client: MonitorClient) => Promise<boolean>,
): boolean {
  if (client === undefined) return false;
  const before = refusalsOf(client);
  void call(client);
  return refusalsOf(client) === before;
}

function refusalsOf(client: MonitorClient): number {
  const { invalid, closed } = client.stats().dropped;
  return invalid + closed;
}
