import type { IncomingMessage } from "node:http";

/** The name of a header that only proxies add; undefined if there is none. */
export function proxyHeaderOf({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  return Object.keys(headers).find((name) => /^(?:x-forwarded-.*|forwarded)$/.test(name));
}
