import { isIP } from "node:net";
import type { Environment } from "../config/given-value.js";

/**
 * For a user logged in over SSH, the command that forwards a loopback address of this machine to
 * their own computer: `ssh -L 7788:127.0.0.1:7788 anna@192.0.2.7`. Null without SSH, or if the
 * address is not on loopback.
 */
export function sshTunnel(url: string, environment: Environment): string | null {
  const [, , serverAddress = "", serverPort = ""] = (environment["SSH_CONNECTION"] ?? "").split(" ");
  const { hostname, port } = new URL(url);
  const isLoopback = hostname === "[::1]" || hostname === "localhost" || hostname.startsWith("127.");
  if (!isLoopback || isIP(serverAddress) === 0) return null;
  const user = environment["USER"] ?? "";
  const target = /^[\w.-]+$/.test(user) ? `${user}@${serverAddress}` : serverAddress;
  const atPort = /^\d+$/.test(serverPort) && serverPort !== "22" ? ` -p ${serverPort}` : "";
  return `ssh${atPort} -L ${port}:${hostname}:${port} ${target}`;
}
