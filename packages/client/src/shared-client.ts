import { readEnvironment } from "./environment.js";
import { MonitorClient } from "./monitor-client.js";

const clients = new Map<string, MonitorClient>();

/**
 * The one client of this channel, pid and socket, which all legacy functions use: the old ones opened a connection for each
 * message. Undefined where there can be none: the client is disabled, or the arguments name no bot. Never throws.
 */
export function sharedClient(channel: string, pid: number, socketPath?: string): MonitorClient | undefined {
  try {
    const environment = readEnvironment(process.env, process.platform, socketPath);
    const key = JSON.stringify([channel, pid, environment.socketPath]);
    const known = clients.get(key);
    if (known !== undefined) return environment.disabled ? undefined : known;
    const client = new MonitorClient(channel, pid, { socketPath });
    if (environment.disabled) return undefined;
    clients.set(key, client);
    return client;
  } catch {
    // A channel, pid or path that cannot be: the old functions returned false then, and so do these.
    return undefined;
  }
}
