import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine can reach the address; an IPv4 address in IPv6 form counts as IPv4. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || nameOf(address) === "[::]";
}

/**
 * The name of a `Host` header or of a setting, without its port and in one spelling
 * (`LOCALHOST.:80` is `localhost`); null if it is not a name.
 */
export function nameFromHost(host: string): string | null {
  const match = /^(\[[0-9a-f:.%]+\]|[^:[\]/?#@\s\\]+)(?::\d{0,5})?$/i.exec(host);
  return match === null ? null : nameOf(match[1] as string);
}

/** The name of an `Origin` header; null if it has none, also for `null` itself. */
export function nameFromOrigin(origin: string): string | null {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(.+)$/i.exec(origin);
  return match === null ? null : nameFromHost(match[1] as string);
}

/** One spelling for each name and each address, IPv6 in brackets. */
export function nameOf(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIP(bare) === 6) {
    const [address = "", zone] = bare.split("%");
    // The URL parser has the one canonical form of an IPv6 address, but takes no zone.
    const canonical = new URL(`http://[${address}]`).hostname;
    return zone === undefined ? canonical : `${canonical.slice(0, -1)}%${zone}]`;
  }
  return bare.replace(/\.$/, "");
}
