import { type ClientRequest, get } from "node:http";

/** Viewers of the stream who take it compressed, as browsers do, and read whatever comes. */
export class Viewers implements AsyncDisposable {
  readonly #requests: readonly ClientRequest[];

  private constructor(requests: readonly ClientRequest[]) {
    this.#requests = requests;
  }

  /** Resolves when each of them has had the first bytes of its answer. */
  static async open(url: string, count: number): Promise<Viewers> {
    const requests = Array.from({ length: count }, () =>
      get(new URL("/api/v1/stream", url), { agent: false, headers: { "accept-encoding": "gzip" } }),
    );
    await Promise.all(
      requests.map(
        (request) =>
          new Promise<void>((resolve, reject) => {
            request.on("error", reject);
            request.once("response", (response) => {
              response.on("error", () => undefined);
              response.once("data", () => resolve());
              if (response.headers["content-encoding"] !== "gzip")
                reject(new Error("the monitor did not compress its stream"));
            });
          }),
      ),
    );
    return new Viewers(requests);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const request of this.#requests) request.destroy();
    return Promise.resolve();
  }
}
