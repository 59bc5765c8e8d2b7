import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { answerHeaders } from "../dashboard/security-headers.js";
import { type ApiErrorCode, apiErrorCodes, bodyOf } from "./api-error.js";

const errors: Readonly<Record<string, readonly [ApiErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ["header_too_large", "the request line and headers may have 16 384 bytes"],
  ERR_HTTP_REQUEST_TIMEOUT: ["request_timeout", "the request took too long to arrive"],
};

/** Answers a request that is not HTTP, too slow or too large, and ends the connection. */
export function answerClientError({ code = "" }: { readonly code?: string }, socket: Socket): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [name, message] = errors[code] ?? ["bad_request", "this is no HTTP request"];
  const body = JSON.stringify(bodyOf({ code: name, message }));
  const status = apiErrorCodes[name];
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    ...Object.entries(answerHeaders).map(([header, value]) => `${header}: ${value}`),
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
