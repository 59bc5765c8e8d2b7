import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

export interface HttpAddress {
  /** A name or an address; an IPv6 address stands without its brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const defaultHost = "127.0.0.1";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * `HOST:PORT`, `[IPV6]:PORT`, or a port alone, which is loopback's; undefined for anything else.
 */
export function httpAddressFrom(text: string): HttpAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]+)\]:|([^:[\]]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (plain === undefined) return { host: defaultHost, port };
  return isIPv4(plain) || isHostName(plain) ? { host: plain, port } : undefined;
}

export function httpAddressText({ host, port }: HttpAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whether an address can be reached from other machines. A name is not judged here: that is for who
 * resolves it.
 */
export function isBeyondLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && !loopback.check(host, family === 4 ? "ipv4" : "ipv6");
}

/** A name in DNS. Its last label is not a number, or `256.1.1.1` were one. */
export function isHostName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split(".");
  const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
  return labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? "");
}
