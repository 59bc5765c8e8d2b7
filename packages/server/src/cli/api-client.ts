import { get } from "node:http";
import { type HttpAddress, httpAddressText } from "../config/http-address.js";

/** Why a monitor's HTTP gave no answer that can be used. */
export class ApiUnusable extends Error {
  override readonly name = "ApiUnusable";
  /** `absent`: nobody answers. `stranger`: somebody else does. `refused`: the monitor does, but not this. */
  readonly kind: "absent" | "stranger" | "refused";
  readonly status: number | null;

  constructor(kind: ApiUnusable["kind"], message: string, status: number | null = null) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

const timeoutMs = 5_000;
const mostBytes = 512 * 1024 * 1024;

/** Asks a running monitor. Every request has a connection of its own, so that none keeps the command from ending. */
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
      throw new ApiUnusable("stranger", `what answers at ${this.url} is no KissBot monitor`);
    if (status === 200) return value;
    const { error } = value as { error?: { message?: unknown } };
    if (typeof error?.message !== "string") {
      throw new ApiUnusable(
        "stranger",
        `what answers at ${this.url} is no KissBot monitor (status ${status})`,
      );
    }
    throw new ApiUnusable("refused", status === 401 ? this.#tokenAdvice() : error.message, status);
  }

  #tokenAdvice(): string {
    const what = this.#token === null ? "asks for a token" : "does not know this token";
    return `the monitor at ${this.url} ${what}: set KISSBOT_MONITOR_HTTP_TOKEN, or give --http-token`;
  }

  #get(path: string): Promise<{ status: number; body: string }> {
    const headers = this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
    const { host, port } = this.#address;
    const deadline = AbortSignal.timeout(timeoutMs * 4);
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(new ApiUnusable("absent", this.#absence(error)));
      const request = get({ host, port, path, headers, agent: false, timeout: timeoutMs, signal: deadline });
      request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
      request.on("error", fail);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > mostBytes) request.destroy(new Error("the answer does not end"));
          chunks.push(chunk);
        });
        response.on("error", fail);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
        });
      });
    });
  }

  #absence({ code, message }: NodeJS.ErrnoException): string {
    const reasons: Record<string, string> = {
      ECONNREFUSED: "nobody listens there",
      ENOTFOUND: "there is no such host",
      ABORT_ERR: "no answer in time",
    };
    return `no monitor answers at ${this.url}: ${reasons[code ?? ""] ?? message}`;
  }
}

/** A monitor that listens on every address is asked on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function objectFrom(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // What is no JSON comes from somebody else's server.
    return null;
  }
}
