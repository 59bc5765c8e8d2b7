import { speakAs } from "./complaint.js";
import { notSent } from "./delivery.js";
import { sharedConnection } from "./shared-connections.js";

export { featuresToDict, type LegacyFeature, type LegacyFeatureManager } from "./feature-dict.js";
export { HeartbeatTask } from "./heartbeat-task.js";

/**
 * Registers a bot, which need not be this process. True: the outbox took it, and it will be sent.
 * Never throws. All bots that are reported at one socket share one connection, and each new
 * connection repeats their registrations.
 *
 * @deprecated Use `MonitorClient.register`.
 */
export function registerWithMonitor(
  channel: string,
  pid: number,
  features: Readonly<Record<string, boolean>>,
  socketPath?: string,
): boolean {
  return speakAs(
    "registerWithMonitor",
    () => sharedConnection(socketPath)?.register(channel, pid, features) !== undefined,
  );
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
  return speakAs(
    "registerWithMonitorAsync",
    () => sharedConnection(socketPath)?.register(channel, pid, features) ?? notSent,
  );
}

/**
 * Says that a bot is alive. True: the outbox took it, and it will be sent. False also for a bot
 * that has said goodbye and was not registered again. Never throws.
 *
 * @deprecated Use `MonitorClient.heartbeat` or `startHeartbeat`.
 */
export function sendHeartbeat(channel: string, pid: number, socketPath?: string): boolean {
  return speakAs("sendHeartbeat", () => sharedConnection(socketPath)?.heartbeat(channel, pid) !== undefined);
}

/**
 * As `sendHeartbeat`, with the promise of `MonitorClient.heartbeat`.
 *
 * @deprecated Use `MonitorClient.heartbeat` or `startHeartbeat`.
 */
export function sendHeartbeatAsync(channel: string, pid: number, socketPath?: string): Promise<boolean> {
  return speakAs(
    "sendHeartbeatAsync",
    () => sharedConnection(socketPath)?.heartbeat(channel, pid) ?? notSent,
  );
}

/**
 * Says goodbye for a bot, once for each registration, and stops its `HeartbeatTask`. True: the
 * outbox took it, and it will be sent. Never throws.
 *
 * @deprecated Use `MonitorClient.unregister`.
 */
export function unregisterFromMonitor(channel: string, pid: number, socketPath?: string): boolean {
  return speakAs(
    "unregisterFromMonitor",
    () => sharedConnection(socketPath)?.unregister(channel, pid) !== undefined,
  );
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
  return speakAs(
    "unregisterFromMonitorAsync",
    () => sharedConnection(socketPath)?.unregister(channel, pid) ?? notSent,
  );
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
