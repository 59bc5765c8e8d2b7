import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface ProxyOptions {
  /**
   * The path below which it serves the monitor, which never sees it: `/tools/kissbot`; "" for all
   * paths.
   */
  readonly prefix: string;
  /** The host that the monitor sees; null: the one that the browser named. */
  readonly host: string | null;
}

/**
 * A reverse proxy as nginx is one: it strips a path, may name another host, and passes everything
 * on as it comes.
 */
export class StrippingProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #options: ProxyOptions;

  private constructor(target: URL, options: ProxyOptions) {
    this.#target = target;
    this.#options = options;
    this.#server = createServer((question, answer) => this.#pass(question, answer));
  }

  static async start(target: string, options: ProxyOptions): Promise<StrippingProxy> {
    const proxy = new StrippingProxy(new URL(target), options);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  /** Where the page is, with the name by which a browser reaches it. */
  url(name = "127.0.0.1"): string {
    return `http://${name}:${(this.#server.address() as AddressInfo).port}${this.#options.prefix}/`;
  }

  #pass(question: IncomingMessage, answer: ServerResponse): void {
    const { prefix, host } = this.#options;
    const path = question.url ?? "";
    if (!path.startsWith(`${prefix}/`)) {
      answer.writeHead(404).end("outside");
      return;
    }
    const { hostname, port } = this.#target;
    const inner = request({ hostname, port, path: path.slice(prefix.length), method: question.method });
    for (const [name, value] of Object.entries(question.headers)) {
      if (name !== "connection" && value !== undefined) inner.setHeader(name, value);
    }
    if (host !== null) inner.setHeader("host", host);
    inner.setHeader("x-forwarded-for", "203.0.113.7");
    inner.on("response", (told) => {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      answer.flushHeaders();
      told.pipe(answer);
      told.on("error", () => answer.destroy());
    });
    inner.on("error", () => answer.destroy());
    answer.on("close", () => inner.destroy());
    question.pipe(inner);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
