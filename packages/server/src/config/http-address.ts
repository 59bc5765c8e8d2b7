import { isIPv4, isIPv6 } from "node:net";

export interface HttpAddress {
  /** A name or an address; an IPv6 address stands without its brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const defaultHost = "127.0.0.1";

/** `HOST:PORT`, `[IPV6]:PORT`, or a port alone, which is loopback's; undefined for anything else. */
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

/** Whether only this machine can reach it. A name is only believed where the standard reserves it. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/** A name in DNS. Its last label is not a number, or `256.1.1.1` were one. */
export function isHostName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split(".");
  const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
  return labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? "");
}
