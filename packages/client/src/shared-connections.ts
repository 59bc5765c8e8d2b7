import { warnOnce } from "./diagnostics.js";
import { readEnvironment } from "./environment.js";
import { SharedConnection } from "./shared-connection.js";
import { assertSocketPath } from "./socket-path.js";

/**
 * Most programs have one. A program that takes a new path each time must not gather connections
 * either.
 */
const mostConnections = 16;

/** By socket, the one that was used last at the end. */
const connections = new Map<string, SharedConnection>();

/**
 * The connection of all legacy functions to that socket, or to the one that the environment names.
 * Undefined where the client is disabled or no socket can have that path. Never throws.
 */
export function sharedConnection(socketPath?: string): SharedConnection | undefined {
  try {
    const given = socketPath ?? undefined;
    const environment = readEnvironment(process.env, process.platform, given);
    if (environment.fault !== "") warnOnce(environment.fault);
    if (environment.disabled) return undefined;
    assertSocketPath(environment.socketPath, process.platform);
    return connectionTo(environment.socketPath, environment.debug);
  } catch {
    // The old functions returned false for a path that cannot be, and so do these.
    return undefined;
  }
}

/**
 * The connection to that socket. Where there are too many, one with nothing to lose ends, or else
 * the one that was used least recently.
 */
function connectionTo(socketPath: string, isDebug: boolean): SharedConnection {
  let connection = connections.get(socketPath);
  if (connection === undefined) {
    if (connections.size >= mostConnections) endOne();
    connection = new SharedConnection(socketPath, isDebug);
  }
  connections.delete(socketPath);
  connections.set(connection.socketPath, connection);
  return connection;
}

function endOne(): void {
  const all = [...connections.values()];
  const ended = all.find(({ isIdle }) => isIdle) ?? all[0];
  if (ended === undefined) return;
  connections.delete(ended.socketPath);
  ended.end();
}
