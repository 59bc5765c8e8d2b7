import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Seven receivers of seven kinds that take connections and bytes, and never say a word. */
export class HangingReceivers implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  /** How many connections they took: each is an attempt to tell somebody. */
  taken = 0;
  readonly #server = createServer((socket) => {
    this.taken++;
    this.#sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    socket.resume();
  });

  static async start(): Promise<HangingReceivers> {
    const receivers = new HangingReceivers();
    await new Promise<void>((resolve) => receivers.#server.listen(0, "127.0.0.1", resolve));
    return receivers;
  }

  /** For the config file. */
  get all(): Readonly<Record<string, object>> {
    const { port } = this.#server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/hook`;
    return {
      discord: { discord: { url } },
      slack: { slack: { url } },
      webhook: { webhook: { url } },
      ntfy: { ntfy: { url } },
      telegram: { telegram: { token: "123456:ABC-DEF", chat_id: "-100123", api_url: url } },
      pagerduty: { pagerduty: { routing_key: "0123456789abcdef0123456789abcdef", api_url: url } },
      mail: {
        smtp: { host: "127.0.0.1", port, tls: "none", from: "bots@mail.example", to: ["ops@mail.example"] },
      },
    };
  }

  /** Resolves when so many connections were taken in all; rejects after a minute. */
  async untilAsked(count: number): Promise<void> {
    for (const untilMs = performance.now() + 60_000; this.taken < count; ) {
      if (performance.now() > untilMs)
        throw new Error(`receivers were asked ${this.taken} times, not ${count}`);
      await delay(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
