import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../logger.js";
import { acceptsGzip } from "./accepted.js";
import { begun, writeChunks } from "./chunk-writer.js";
import { gzipOf, leastGzipBytes, newGzip } from "./gzip.js";
import type { Answer } from "./route.js";

interface Exchange {
  readonly contentType: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly logger: Pick<Logger, "error">;
}

/** Sends the answer of a route, compressed if that saves space and the reader accepts it. */
export async function sendAnswer(answer: Answer, exchange: Exchange): Promise<FastifyReply> {
  const { contentType, request, reply } = exchange;
  if (answer.kind === "empty") return reply.headers(answer.headers).code(204).send();
  reply.type(contentType).header("vary", "Accept-Encoding");
  const takesGzip = acceptsGzip(request.headers["accept-encoding"]);
  if (answer.kind === "json" || answer.kind === "text") {
    const bytes = Buffer.from(answer.kind === "json" ? JSON.stringify(answer.value) : answer.text);
    if (!takesGzip || bytes.length < leastGzipBytes) return reply.send(bytes);
    return reply.header("content-encoding", "gzip").send(await gzipOf(bytes));
  }
  if (answer.kind === "stream") {
    if (takesGzip) reply.header("content-encoding", "gzip");
    const response = hijacked(reply);
    if (request.method === "HEAD") {
      response.end();
    } else if (!response.destroyed) {
      response.flushHeaders();
      answer.open(response, takesGzip);
    }
    return reply;
  }
  await sendChunks(answer, takesGzip, exchange);
  return reply;
}

/** For HEAD, the length of a long answer is unknown without making it. */
async function sendChunks(
  answer: Answer & { readonly kind: "chunks" },
  takesGzip: boolean,
  { request, reply, logger }: Exchange,
): Promise<void> {
  if (request.method === "HEAD") {
    await writeChunks(hijacked(reply), { ...answer, chunks: [] });
    return;
  }
  // The caller hung up while the answer was looked up: no piece is made for it.
  if (reply.raw.destroyed) {
    answer.closed?.();
    reply.hijack();
    return;
  }
  const { first, chunks } = await begun(answer.chunks).catch((error: unknown) => {
    answer.closed?.();
    throw error;
  });
  const isGzip = takesGzip && (first?.length ?? 0) >= leastGzipBytes;
  if (isGzip) reply.header("content-encoding", "gzip");
  writeChunks(hijacked(reply), { ...answer, chunks }, isGzip ? newGzip() : null).catch((error) => {
    logger.error({ err: error }, "an HTTP answer broke off");
  });
}

/** What is written by others than Fastify. */
function hijacked(reply: FastifyReply): ServerResponse {
  reply.hijack();
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  return reply.raw;
}
