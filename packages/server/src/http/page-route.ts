import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pageHeaders } from "../dashboard/security-headers.js";
import { acceptsGzip } from "./accepted.js";
import { ApiError } from "./api-error.js";

/** One file in one encoding. */
interface Body {
  readonly bytes: Buffer;
  readonly etag: string;
}

interface File {
  readonly contentType: string;
  readonly plain: Body;
  readonly gzipped: Body | null;
  readonly isImmutable: boolean;
}

/** The page that is served. */
export interface Page {
  /** What a browser loads first; null where the page is not built. */
  readonly shell: File | null;
  asset(name: string): File | undefined;
}

const forEver = "public, max-age=31536000, immutable";

/**
 * `/` and what it loads. They hold no data and ask for no token. A module script brings an `Origin`
 * header, so the origin is not looked at; the Host is.
 */
export function addPageRoutes(app: FastifyInstance, page: Page): void {
  const config = { open: true, isStatic: true };
  app.get("/", { config }, async (request, reply) => {
    const { shell } = page;
    if (shell === null) {
      throw new ApiError(
        "not_found",
        "the page is not built: `pnpm build` builds it. Everything else works; /api/v1/openapi.json describes it",
      );
    }
    return sendFile(shell, request, reply.headers(pageHeaders));
  });
  app.get("/assets/:name", { config }, async (request, reply) => {
    const { name = "" } = request.params as { readonly name?: string };
    const file = page.asset(name);
    if (file === undefined) throw new ApiError("not_found", "the page of this monitor has no such file");
    return sendFile(file, request, reply);
  });
}

function sendFile(file: File, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { "accept-encoding": encodings, "if-none-match": known } = request.headers;
  const gzipped = acceptsGzip(encodings) ? file.gzipped : null;
  const { bytes, etag } = gzipped ?? file.plain;
  reply.headers({
    "cache-control": file.isImmutable ? forEver : "no-cache",
    vary: "Accept-Encoding",
    etag,
  });
  if (isKnown(known, etag)) return reply.code(304).send();
  if (gzipped !== null) reply.header("content-encoding", "gzip");
  return reply.type(file.contentType).send(bytes);
}

/** Whether one of the reader's ETags is that of the file. */
function isKnown(known: string | undefined, etag: string): boolean {
  if (known === undefined) return false;
  return known.trim() === "*" || known.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
}
