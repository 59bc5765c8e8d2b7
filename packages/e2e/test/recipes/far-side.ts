import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { library } from "./libraries.js";

/** What the tests use of a WebSocket of the package ws. */
export interface WebSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  on(event: "message", listener: (data: Buffer) => void): this;
  on(event: "close", listener: () => void): this;
}

interface WebSocketServer {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (socket: WebSocket) => void,
  ): void;
}

/** What a bot asked of the far side. */
export interface Question {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the library sends
  readonly body: any;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: unknown;
}

/**
 * The service that a bot talks to, as far as the recipe needs it: HTTP and WebSocket at one port of
 * this machine, for whatever host the bot means. Gone with `await using`.
 */
export abstract class FarSide implements AsyncDisposable {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly sockets = new Set<WebSocket>();
  /** While it is true, connections and questions end in nothing. */
  isDown = false;

  constructor() {
    const { WebSocketServer } = library<{
      WebSocketServer: new (options: object) => WebSocketServer;
    }>("ws");
    const upgrades = new WebSocketServer({
      noServer: true,
      handleProtocols: ([first]: Set<string>) => first,
    });
    this.#server = createServer((request, response) => {
      void this.#asked(request).then((question) => {
        if (this.isDown) return void request.socket.destroy();
        void Promise.resolve(this.answer(question, request.socket)).then((reply) => {
          if (reply === null || response.destroyed) return void request.socket.destroy();
          const { status = 200, headers = {}, json } = reply;
          response
            .writeHead(status, { "content-type": "application/json", ...headers })
            .end(JSON.stringify(json));
        });
      });
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket)).on("error", () => undefined);
    });
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.isDown) return void socket.destroy();
      upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        this.sockets.add(webSocket);
        webSocket.on("close", () => this.sockets.delete(webSocket));
        this.connected(webSocket, request);
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Null ends the connection without an answer. */
  protected answer(question: Question, _connection: Socket): Reply | null | Promise<Reply | null> {
    throw new Error(`the far side does not know ${question.method} ${question.path}`);
  }

  protected connected(_socket: WebSocket, request: IncomingMessage): void {
    throw new Error(`the far side takes no WebSocket at ${request.url}`);
  }

  /** It goes away: what is connected is cut, what comes is refused. */
  goDown(): void {
    this.isDown = true;
    for (const socket of this.#connections) socket.destroy();
  }

  comeBack(): void {
    this.isDown = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goDown();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #asked(request: IncomingMessage): Promise<Question> {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    const isJson = /^\s*[[{]/.test(text);
    return {
      host: url.hostname,
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      body: isJson ? JSON.parse(text) : text,
    };
  }
}
