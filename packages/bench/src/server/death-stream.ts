import { type ClientRequest, get, type IncomingMessage } from "node:http";

interface Transition {
  readonly channel: string;
  readonly to_status: string;
}

/** A viewer of `/api/v1/stream` that notes when each death came. */
export class DeathStream {
  readonly #request: ClientRequest;
  readonly #waiting = new Map<string, (atMs: number) => void>();
  #rest = "";

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    response.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    request.on("error", () => undefined);
  }

  static open(url: string): Promise<DeathStream> {
    return new Promise((resolve, reject) => {
      const request = get(`${url}/api/v1/stream`, (response) => resolve(new DeathStream(request, response)));
      request.once("error", reject);
    });
  }

  /** When the next death of this bot is here, on `performance.now()`'s clock. */
  death(channel: string): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.set(channel, resolve);
    });
  }

  close(): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    const atMs = performance.now();
    const events = (this.#rest + text).split("\n\n");
    this.#rest = events.pop() ?? "";
    for (const event of events) {
      const data = /^event: transition\ndata: (.*)$/m.exec(event)?.[1];
      if (data === undefined) continue;
      const { channel, to_status } = JSON.parse(data) as Transition;
      if (to_status === "dead") this.#waiting.get(channel)?.(atMs);
    }
  }
}
