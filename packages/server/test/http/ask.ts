import { request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  /** The body as JSON. */
  readonly body: never;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/**
 * One request on a connection of its own, to an address or to `unix:PATH`. Unlike `fetch` it sends
 * any Host header, and the path as it is.
 */
export function ask(
  url: string,
  path: string,
  { method = "GET", headers = {}, body }: Question = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...placeOf(url), path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, text, body: jsonOf(text) as never });
      });
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

function placeOf(url: string): object {
  if (url.startsWith("unix:")) return { socketPath: url.slice("unix:".length) };
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every answer is JSON; a test that expects it looks at what is there.
    return undefined;
  }
}
