import process from "node:process";
import { callerOr, warn } from "./complaint.js";
import { disabledBy, readEnvironment } from "./environment.js";
import { messageOfError } from "./errno.js";
import { SharedConnection } from "./shared-connection.js";
import { absolutePath, assertSocketPath } from "./socket-path.js";

/**
 * Most programs have one. A program that takes a new path each time must not gather connections
 * either.
 */
const mostConnections = 16;

/** By socket; the most recently used one is last. */
const connections = new Map<string, SharedConnection>();

/**
 * The connection of all legacy functions to that socket, or to the one in the environment.
 * Undefined if the client is disabled or no socket can have that path. Never throws.
 */
export function sharedConnection(socketPath?: string): SharedConnection | undefined {
  try {
    const given = socketPath ?? undefined;
    const environment = readEnvironment(process.env, process.platform, given);
    if (environment.fault !== "") disabledBy(environment, warn);
    if (environment.disabled) return undefined;
    const absolute = absolutePath(environment.socketPath, process.platform);
    assertSocketPath(absolute, process.platform);
    return connectionTo(absolute, environment.debug);
  } catch (error) {
    // The old functions returned false for a path that cannot be, and so do these.
    warn("KISSBOT_INVALID_ARGUMENT", `${callerOr("legacy")}: ${messageOfError(error)}`);
    return undefined;
  }
}

/**
 * The connection to that socket. If there are too many, closes one with nothing to lose, else the
 * least recently used one.
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
