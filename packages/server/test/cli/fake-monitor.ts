import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

/** Answers HTTP as a monitor does, with what a test says, and keeps what it was asked. */
export class FakeMonitor {
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[] = [];
  readonly #server: Server;
  readonly #answers: Readonly<Record<string, Answer>>;
  port = 0;

  /** By path, without the query. */
  constructor(answers: Readonly<Record<string, Answer>>) {
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      const url = request.url ?? "";
      this.requests.push({ url, authorization: request.headers.authorization });
      const answer = this.#answers[url.split("?")[0] ?? ""];
      const { status = 200, body } = answer ?? {
        status: 404,
        body: { error: { code: "not_found", message: "no such thing" } },
      };
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  }

  /** At a free port, or at this one. */
  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** A port at which nobody listens: the system gave it out and took it back. */
export async function freePort(): Promise<number> {
  const server = await new FakeMonitor({}).start();
  const { port } = server;
  await server[Symbol.asyncDispose]();
  return port;
}
