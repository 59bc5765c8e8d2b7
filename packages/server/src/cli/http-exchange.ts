import { request } from "node:http";

/** An address, or the path of a Unix socket. */
export type HttpTarget = { readonly host: string; readonly port: number } | { readonly socketPath: string };

export interface HttpQuestion {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly token?: string | null;
  /** Sent as JSON. */
  readonly body?: object | undefined;
  /** How long nothing may move. */
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

const mostBytes = 512 * 1024 * 1024;

/**
 * One request on a connection of its own, so that none keeps a command from ending. Rejects with an
 * error that has the system's code, if there is one.
 */
export function exchange(target: HttpTarget, question: HttpQuestion): Promise<HttpReply> {
  const { method = "GET", path, token = null, body, timeoutMs } = question;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(text === undefined
      ? {}
      : { "content-type": "application/json", "content-length": `${Buffer.byteLength(text)}` }),
  };
  const options = { ...target, method, path, headers, agent: false, timeout: timeoutMs };
  const deadline = AbortSignal.timeout(timeoutMs * 4);
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, signal: deadline });
    asked.on("timeout", () => asked.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
    asked.on("error", reject);
    asked.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > mostBytes) asked.destroy(new Error("the answer does not end"));
        chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    asked.end(text);
  });
}

/** Null if it is not a JSON object: then another program answered. */
export function objectFrom(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The message of an API error; null if it is not one. */
export function messageOf(value: Readonly<Record<string, unknown>> | null): string | null {
  const { error } = (value ?? {}) as { error?: { message?: unknown } };
  return typeof error?.message === "string" ? error.message : null;
}

/** Why no answer came, in a few words. */
export function absenceText({ code, message }: NodeJS.ErrnoException): string {
  const reasons: Record<string, string> = {
    ECONNREFUSED: "nobody listens there",
    ENOTFOUND: "there is no such host",
    ABORT_ERR: "no answer in time",
  };
  return reasons[code ?? ""] ?? message;
}
