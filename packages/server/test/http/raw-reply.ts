import { request } from "node:http";

export interface RawReply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** As they came, in whatever encoding. */
  readonly bytes: Buffer;
}

/** One request whose `Accept-Encoding` is this, or none. */
export function rawReply(url: string, encoding: string | undefined, method = "GET"): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const headers = encoding === undefined ? {} : { "accept-encoding": encoding };
    const asked = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, bytes: Buffer.concat(chunks) });
      });
    });
    asked.once("error", reject);
    asked.end();
  });
}
