import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.js";
import { isWildcard, nameFromHost, nameFromOrigin, nameOf } from "./host-name.js";
import { assertTarget } from "./request-target.js";

export interface AccessOptions {
  /** The host it is bound to, as it was set. */
  readonly host: string;
  /** What requests must bring; null: nothing. */
  readonly token: string | null;
  readonly allowedHosts: readonly string[];
}

/**
 * Who may ask. A page on the web can make a browser send requests here: under a name of its own that it points at this machine (DNS
 * rebinding), which the `Host` header tells, or across origins, which the `Origin` header tells. Ports are not looked at.
 */
export class Access {
  readonly #names: ReadonlySet<string>;
  readonly #anyOwnAddress: boolean;
  readonly #tokenDigest: Buffer | null;

  constructor({ host, token, allowedHosts }: AccessOptions) {
    this.#names = new Set(["localhost", "127.0.0.1", "[::1]", ...[host, ...allowedHosts].map(nameOf)]);
    this.#anyOwnAddress = isWildcard(host);
    this.#tokenDigest = token === null || token === "" ? null : digestOf(token);
  }

  /** Throws unless the request is for a name of this server. */
  assertHost(request: IncomingMessage): void {
    const { host } = request.headers;
    // Of several, Node shows one; whoever passed the request on may have looked at another.
    if (timesOf("host", request) > 1) throw new ApiError("bad_request", "expected one Host header");
    const name = host === undefined || host === "" ? null : nameFromHost(host);
    if (name === null) throw new ApiError("bad_request", "expected a Host header");
    assertTarget(request.url);
    if (!this.#isOwnName(name, request)) {
      throw new ApiError(
        "forbidden_host",
        "the Host header names a host that is not allowed here; --http-allowed-host NAME allows one",
      );
    }
  }

  /** Throws where it comes from a page of another name. */
  assertOrigin(request: IncomingMessage): void {
    const { origin } = request.headers;
    if (origin !== undefined && !this.#isOwnName(nameFromOrigin(origin), request)) {
      throw new ApiError("forbidden_origin", "pages of this origin may not ask here");
    }
  }

  /** Whether the request brings the token, where one is needed. Compared in constant time, by digests, as lengths must not show either. */
  knowsToken(request: IncomingMessage): boolean {
    if (this.#tokenDigest === null) return true;
    const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
    return token !== undefined && timingSafeEqual(digestOf(token), this.#tokenDigest);
  }

  #isOwnName(name: string | null, request: IncomingMessage): boolean {
    if (name === null) return false;
    return this.#names.has(name) || (this.#anyOwnAddress && name === ownAddressOf(request));
  }
}

/** Bound to every address, it may be asked by the one that was dialled: an address, unlike a name, cannot be pointed elsewhere. */
function ownAddressOf(request: IncomingMessage): string | null {
  const address = request.socket.localAddress;
  return address === undefined ? null : nameOf(address.replace(/^::ffff:(?=\d+\.)/i, ""));
}

function timesOf(name: string, { rawHeaders }: IncomingMessage): number {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) times++;
  return times;
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
