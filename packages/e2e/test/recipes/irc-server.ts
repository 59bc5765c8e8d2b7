import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** An IRC server with one room, in which somebody speaks. Gone with `await using`. */
export class IrcServer implements AsyncDisposable {
  /** What bots said in the room. */
  readonly heard: string[] = [];
  readonly #connections = new Set<Socket>();
  readonly #inRoom = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  /** Whether a bot is in the room. */
  get isJoined(): boolean {
    return this.#inRoom.size > 0;
  }

  get port(): number {
    return this.#port;
  }

  /** At the same port as before, if it has been there before. */
  async start(): Promise<this> {
    const server = createServer((socket) => this.#connected(socket));
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  say(text: string): void {
    for (const socket of this.#inRoom) socket.write(`:ann!ann@example.org PRIVMSG #lounge :${text}\r\n`);
  }

  /** Ends every connection, and takes new ones. */
  hangUp(): void {
    for (const socket of this.#connections) socket.end();
  }

  /** Refuses what comes. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#connections) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #connected(socket: Socket): void {
    this.#connections.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#connections.delete(socket);
      this.#inRoom.delete(socket);
    });
    socket.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\r\n")) {
        if (line === "JOIN #lounge") this.#inRoom.add(socket);
        const said = /^PRIVMSG #lounge :(.*)$/.exec(line)?.[1];
        if (said !== undefined) this.heard.push(said);
      }
    });
  }
}
