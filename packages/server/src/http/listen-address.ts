import { lookup } from "node:dns/promises";
import { isLoopback } from "./host-name.js";
import { HttpError } from "./http-error.js";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/**
 * The address to listen at. Resolves a name to its address, so that the checked address is the
 * bound one. Rejects if the name is unknown, or if other machines could reach the address and no
 * token is set.
 */
export async function listenAddressOf({ host, port }: HostAndPort, token: string | null): Promise<string> {
  const addresses = await lookup(host.replace(/^\[(.*)\]$/, "$1"), { all: true, order: "ipv4first" }).catch(
    (error: unknown) => {
      const text = `--http ${urlHostOf(host)}:${port}: there is no host of this name; give an address, such as 127.0.0.1:${port}`;
      throw new HttpError("unknown_host", text, { cause: error });
    },
  );
  const [first] = addresses;
  if (first === undefined)
    throw new HttpError("unknown_host", `--http ${urlHostOf(host)}:${port}: no address`);
  if (!isLoopback(first.address) && (token === null || token === "")) {
    const text =
      `--http ${urlHostOf(host)}:${port} can be reached from other machines: set a token with --http-token, ` +
      `which every request must then bring, or listen at 127.0.0.1:${port}`;
    throw new HttpError("token_needed", text);
  }
  return first.address;
}

/** A host as in a URL: IPv6 in brackets. */
export function urlHostOf(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** What went wrong with listening, for people. */
export function httpErrorOf(error: unknown, { host, port }: HostAndPort): HttpError {
  const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
  const flag = `--http ${urlHostOf(host)}:${port}`;
  const otherwise =
    "choose another with --http HOST:PORT (port 0 takes any free one), or go without: --no-http";
  if (code === "EADDRINUSE") {
    return new HttpError("port_taken", `${flag}: another program listens at this port; ${otherwise}`, {
      cause: error,
    });
  }
  const reasons: Readonly<Record<string, string>> = {
    EACCES: "the system does not let this user listen at this port",
    EADDRNOTAVAIL: "this machine does not have this address",
  };
  return new HttpError("cannot_bind", `${flag}: ${reasons[code] ?? message}; ${otherwise}`, { cause: error });
}
