import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Notice {
  readonly notice_id: string;
  readonly items: readonly {
    readonly kind: string;
    readonly rule: string;
    readonly subject: string;
    readonly severity: string;
  }[];
}

/** A receiver of alerts that keeps what it took. */
export class NoticeServer implements AsyncDisposable {
  readonly #taken = new Map<string, Notice>();
  readonly #server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const notice = JSON.parse(Buffer.concat(pieces).toString()) as Notice;
      this.#taken.set(notice.notice_id, notice);
      response.writeHead(204).end();
    });
  });

  static async start(): Promise<NoticeServer> {
    const server = new NoticeServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** What was reported, in order; a notice that was sent twice counts once. */
  get items(): Notice["items"] {
    return [...this.#taken.values()].flatMap(({ items }) => items);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
