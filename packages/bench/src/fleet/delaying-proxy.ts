import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Between a client and a server: whatever comes goes on half a round trip later. */
export class DelayingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number, roundTripMs: number) {
    this.#server = createServer((client) => {
      const server = connect(target, "127.0.0.1");
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.setNoDelay(true);
        from.on("error", () => undefined);
        from.on("close", () => setTimeout(() => to.destroy(), roundTripMs));
        from.on("data", (data) => setTimeout(() => to.write(data), roundTripMs / 2));
      }
    });
  }

  static async start(target: number, roundTripMs: number): Promise<DelayingProxy> {
    const proxy = new DelayingProxy(target, roundTripMs);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
