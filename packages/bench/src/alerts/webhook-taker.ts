import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

interface TakenNotice {
  readonly kind: string;
  readonly title: string;
  readonly items: readonly { readonly kind: string; readonly subject: string }[];
  readonly items_left_out: number;
}

export interface TakenMessage extends TakenNotice {
  /** On `performance.now()`'s clock, when the request began. */
  readonly atMs: number;
}

/** A receiver of a signed webhook that notes what it is told, repeats under one id once. */
export class WebhookTaker implements AsyncDisposable {
  readonly messages: TakenMessage[] = [];
  readonly #ids = new Set<string>();
  readonly #server = createServer((request, response) => {
    const atMs = performance.now();
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("error", () => undefined);
    request.on("end", () => {
      const id = String(request.headers["webhook-id"]);
      const notice = JSON.parse(Buffer.concat(pieces).toString()) as TakenNotice;
      if (!this.#ids.has(id)) this.messages.push({ ...notice, atMs });
      this.#ids.add(id);
      response.writeHead(204).end();
    });
  });

  static async start(): Promise<WebhookTaker> {
    const taker = new WebhookTaker();
    await new Promise<void>((resolve) => taker.#server.listen(0, "127.0.0.1", resolve));
    return taker;
  }

  /** For the config file. */
  get receiver(): object {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
    return { webhook: { url, secret: "a-secret-of-the-benchmark" } };
  }

  /** The first one that answers yes; rejects after so long. */
  async message(is: (message: TakenMessage) => boolean, mostMs: number): Promise<TakenMessage> {
    const untilMs = performance.now() + mostMs;
    for (;;) {
      const found = this.messages.find(is);
      if (found !== undefined) return found;
      if (performance.now() > untilMs) throw new Error(`no such message within ${mostMs} ms`);
      await delay(5);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
