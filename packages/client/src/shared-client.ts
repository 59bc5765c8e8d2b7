import { readEnvironment } from "./environment.js";
import { MonitorClient } from "./monitor-client.js";

interface Shared {
  readonly client: MonitorClient;
  /** The last thing that was said is goodbye. */
  saidGoodbye: boolean;
}

const clients = new Map<string, Shared>();

/** What the legacy functions ask a client for. */
export type LegacyCall = "register" | "heartbeat" | "unregister";

/**
 * The one client of this channel, pid and socket, which all legacy functions use: the old ones opened a connection for each
 * message. Undefined where there can be none: the client is disabled, or the arguments name no bot. Never throws.
 *
 * A supervisor that reports bots which come and go, each with a pid of its own, must not gather connections: whenever a client is
 * made, those that have said goodbye and have nothing left to send are closed and forgotten.
 */
export function sharedClient(
  call: LegacyCall,
  channel: string,
  pid: number,
  socketPath?: string,
): MonitorClient | undefined {
  try {
    const environment = readEnvironment(process.env, process.platform, socketPath);
    const key = JSON.stringify([channel, pid, environment.socketPath]);
    let shared = clients.get(key);
    if (shared === undefined) {
      forgetTheGone();
      const client = new MonitorClient(channel, pid, { socketPath });
      if (environment.disabled) return undefined;
      shared = { client, saidGoodbye: false };
      clients.set(key, shared);
    }
    if (environment.disabled) return undefined;
    shared.saidGoodbye = call === "unregister";
    return shared.client;
  } catch {
    // A channel, pid or path that cannot be: the old functions returned false then, and so do these.
    return undefined;
  }
}

function forgetTheGone(): void {
  for (const [key, { client, saidGoodbye }] of clients) {
    if (!saidGoodbye || client.stats().waiting > 0) continue;
    client[Symbol.dispose]();
    clients.delete(key);
  }
}
