import { type HttpAddress, httpAddressText } from "../config/http-address.js";
import { absenceText, exchange, type HttpReply, messageOf, objectFrom } from "./http-exchange.js";

/** Why a monitor's HTTP gave no answer that can be used. */
export class ApiUnusable extends Error {
  override readonly name = "ApiUnusable";
  /**
   * `absent`: no answer. `stranger`: another program answers. `refused`: the monitor refuses this
   * request.
   */
  readonly kind: "absent" | "stranger" | "refused";
  readonly status: number | null;

  constructor(kind: ApiUnusable["kind"], message: string, status: number | null = null) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

const timeoutMs = 5_000;

/**
 * Asks a running monitor. Every request has a connection of its own, so that none keeps the command
 * from ending.
 */
export class ApiClient {
  readonly url: string;
  readonly #address: HttpAddress;
  readonly #token: string | null;

  constructor(address: HttpAddress, token: string | null) {
    this.#address = { host: reachable(address.host), port: address.port };
    this.#token = token;
    this.url = `http://${httpAddressText(this.#address)}`;
  }

  /** The JSON of a route. Rejects with `ApiUnusable` and nothing else. */
  async json(path: string): Promise<Readonly<Record<string, unknown>>> {
    const { status, body } = await this.#get(path);
    const value = objectFrom(body);
    if (value === null)
      throw new ApiUnusable("stranger", `what answers at ${this.url} is not a KissBot monitor`);
    if (status === 200) return value;
    const message = messageOf(value);
    if (message === null) {
      throw new ApiUnusable(
        "stranger",
        `what answers at ${this.url} is not a KissBot monitor (status ${status})`,
      );
    }
    throw new ApiUnusable("refused", status === 401 ? this.#tokenAdvice() : message, status);
  }

  #tokenAdvice(): string {
    const what = this.#token === null ? "asks for a token" : "does not accept this token";
    return `the monitor at ${this.url} ${what}: set KISSBOT_MONITOR_HTTP_TOKEN, or give --http-token`;
  }

  async #get(path: string): Promise<HttpReply> {
    try {
      return await exchange(this.#address, { path, token: this.#token, timeoutMs });
    } catch (error) {
      const why = absenceText(error as NodeJS.ErrnoException);
      throw new ApiUnusable("absent", `no monitor answers at ${this.url}: ${why}`);
    }
  }
}

/** The address to ask: loopback if the monitor listens on every address. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
