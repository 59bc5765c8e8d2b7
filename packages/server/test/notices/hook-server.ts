import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

/** The path of a certificate of the tests. They are valid until 2120, but for the expired one. */
export function certificate(name: "authority" | "good" | "expired" | "other" | "self-signed" | "server.key") {
  return fileURLToPath(new URL(`certificates/${name}.pem`, import.meta.url));
}

export interface TakenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly atMs: number;
}

type Reply = (response: ServerResponse, request: TakenRequest) => void;

/** A server of a receiver: what each reply does in turn, the last again and again. */
export class HookServer {
  readonly requests: TakenRequest[] = [];
  readonly #server: ReturnType<typeof createServer>;
  readonly #scheme: string;

  private constructor(replies: readonly Reply[], tls?: "good" | "expired" | "other" | "self-signed") {
    const listen: RequestListener = (request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("error", () => undefined);
      response.on("error", () => undefined);
      request.on("end", () => {
        const { url: path = "", headers } = request;
        const taken = { path, headers, body: Buffer.concat(pieces).toString(), atMs: performance.now() };
        const reply = replies[Math.min(this.requests.length, replies.length - 1)] as Reply;
        this.requests.push(taken);
        reply(response, taken);
      });
    };
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server =
      tls === undefined
        ? createServer(listen)
        : createTlsServer(
            { key: readFileSync(certificate("server.key")), cert: readFileSync(certificate(tls)) },
            listen,
          );
    this.#server.on("tlsClientError", () => undefined);
  }

  static async start(
    reply: Reply | readonly Reply[],
    tls?: "good" | "expired" | "other" | "self-signed",
  ): Promise<HookServer> {
    const server = new HookServer(typeof reply === "function" ? [reply] : reply, tls);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, "127.0.0.1", resolve);
    });
    return server;
  }

  url(path = "/hook"): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** Answers with a status, at once. */
export function says(status: number, body = "", headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}
