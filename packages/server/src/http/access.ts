import type { IncomingMessage } from "node:http";
import type { Admission, Rights } from "./admission.js";
import { ApiError } from "./api-error.js";
import { Credential } from "./credential.js";
import { isWildcard, nameFromHost, nameFromOrigin, nameOf } from "./host-name.js";
import { proxyHeaderOf } from "./proxy-header.js";
import { assertTarget } from "./request-target.js";

export interface AccessOptions {
  /** The host it is bound to, as it was set. */
  readonly host: string;
  /** What requests must bring; null: nothing. */
  readonly token: string | null;
  /** What requests must bring that change something; null: nothing is changed over HTTP. */
  readonly writeToken: string | null;
  readonly allowedHosts: readonly string[];
  readonly nowMs: () => number;
}

/**
 * Decides who may send requests. A web page can make a browser send requests here: under its own
 * name that points at this machine (DNS rebinding), which the `Host` header shows, or across
 * origins, which the `Origin` header shows. Ports do not matter.
 */
export class Access implements Admission {
  readonly #names: ReadonlySet<string>;
  readonly #anyOwnAddress: boolean;
  readonly #reading: Credential | null;
  readonly #writing: Credential | null;
  readonly #nowMs: () => number;

  constructor({ host, token, writeToken, allowedHosts, nowMs }: AccessOptions) {
    this.#names = new Set(["localhost", "127.0.0.1", "[::1]", ...[host, ...allowedHosts].map(nameOf)]);
    this.#anyOwnAddress = isWildcard(host);
    this.#reading = credentialOf(token);
    this.#writing = credentialOf(writeToken);
    this.#nowMs = nowMs;
  }

  assertPlace(request: IncomingMessage): void {
    this.assertHost(request);
    this.assertDirect(request);
  }

  /** Throws unless the request is for a name of this server. */
  assertHost(request: IncomingMessage): void {
    const { host } = request.headers;
    // Node shows one of several; a proxy may have checked another.
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

  /**
   * Throws if no token is set and the request came through a proxy: everybody who reaches the proxy
   * would see the fleet.
   */
  assertDirect(request: IncomingMessage): void {
    if (this.#reading !== null) return;
    const header = proxyHeaderOf(request);
    if (header === undefined) return;
    throw new ApiError(
      "forbidden_proxy",
      `the request came through a proxy (it has a header ${header}), and without a token everybody beyond it would see the fleet: start the monitor with --http-token TOKEN`,
    );
  }

  /** Throws if it comes from a page of another host name. */
  assertOrigin(request: IncomingMessage): void {
    const { origin } = request.headers;
    if (origin !== undefined && !this.#isOwnName(nameFromOrigin(origin), request)) {
      throw new ApiError("forbidden_origin", "pages of this origin may not ask here");
    }
  }

  /** Whether a token is needed to read. */
  get needsToken(): boolean {
    return this.#reading !== null;
  }

  /** Where a token is needed, the request brings it or a session. Who may write may read. */
  rightsOf(request: IncomingMessage): Rights {
    const nowMs = this.#nowMs();
    const writing = this.#writing?.proofIn(request, nowMs) ?? null;
    const mayRead =
      this.#reading === null || writing !== null || this.#reading.proofIn(request, nowMs) !== null;
    return { mayRead, mayWrite: writing !== null, isSession: writing === "session" };
  }

  /**
   * Throws unless the request may change something: it brings the token for that, or a session made
   * with it. A session says from which page the request comes; a token is never sent by a browser
   * of its own accord.
   */
  assertMayWrite(request: IncomingMessage, { mayRead, mayWrite, isSession }: Rights): void {
    if (this.#writing === null) {
      throw new ApiError(
        "forbidden_write",
        "nothing is changed over TCP: the monitor was started without --http-write-token. On its machine, kissbot-monitor changes it over the control socket",
      );
    }
    if (!mayWrite) {
      const text = "expected the token of --http-write-token, or a session that was made with it";
      if (this.#reading !== null && mayRead) {
        throw new ApiError("forbidden_write", `the token that was brought only lets read: ${text}`);
      }
      throw new ApiError("unauthorized", text);
    }
    if (isSession) this.assertFromPage(request);
  }

  /** Throws unless it says that it comes from a page of an allowed host, and of this origin. */
  assertFromPage(request: IncomingMessage): void {
    if (request.headers.origin === undefined) {
      throw new ApiError("forbidden_origin", "expected an Origin header, which a page of this host sends");
    }
    // A page at another port of this host has the same name, and its requests bring the cookie.
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin") {
      throw new ApiError("forbidden_origin", "the browser says that a page of another origin asks");
    }
    this.assertOrigin(request);
  }

  /** The cookie of a new session; null if the token is wrong. */
  newSession(token: string): string | null {
    const nowMs = this.#nowMs();
    // Compares both, so that the time reveals nothing.
    const [writing, reading] = [this.#writing, this.#reading].map((one) => one?.isToken(token) === true);
    if (writing) return this.#writing?.newSession(nowMs) ?? null;
    return reading ? (this.#reading?.newSession(nowMs) ?? null) : null;
  }

  #isOwnName(name: string | null, request: IncomingMessage): boolean {
    if (name === null) return false;
    return this.#names.has(name) || (this.#anyOwnAddress && name === ownAddressOf(request));
  }
}

/**
 * If bound to every address, the address of the connection is allowed: unlike a name, an address
 * cannot be redirected.
 */
function ownAddressOf(request: IncomingMessage): string | null {
  const address = request.socket.localAddress;
  return address === undefined ? null : nameOf(address.replace(/^::ffff:(?=\d+\.)/i, ""));
}

function timesOf(name: string, { rawHeaders }: IncomingMessage): number {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) times++;
  return times;
}

function credentialOf(token: string | null): Credential | null {
  return token === null || token === "" ? null : new Credential(token);
}
