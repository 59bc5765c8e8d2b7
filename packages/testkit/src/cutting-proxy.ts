import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What happens to a connection when its client has sent something. */
type Cut = "before" | "after" | "silence";

/** Between a client and a server: cuts connections, or keeps them open and passes nothing on. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #next: Cut | null = null;
  #isHolding = false;
  /** How many connections it cut. */
  cuts = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#serve(client));
  }

  static async start(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /**
   * The connection that next sends something is cut, before the server has it or before the client
   * has the answer; or it goes silent.
   */
  cutNext(cut: Cut): void {
    this.#next = cut;
  }

  /** From here on nothing comes through, neither of old nor of new connections; none is closed. */
  hold(): void {
    this.#isHolding = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What waits comes through, as after TCP has sent it again. */
  release(): void {
    this.#isHolding = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(client: Socket): void {
    const server = connect(this.#target, "127.0.0.1");
    let isSilent = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        if (!isSilent) for (const other of [client, server]) other.destroy();
      });
    }
    client.on("data", (data) => {
      if (isSilent) return;
      const cut = this.#next;
      this.#next = null;
      if (cut === null) {
        server.write(data);
        return;
      }
      this.cuts++;
      if (cut === "silence") isSilent = true;
      else if (cut === "before") client.destroy();
      else {
        // The server has it whole before its connection ends.
        isSilent = true;
        client.destroy();
        server.end(data);
      }
    });
    server.on("data", (data) => {
      if (!isSilent) client.write(data);
    });
    if (this.#isHolding) for (const socket of [client, server]) socket.pause();
  }
}
