import { ApiError } from "./api-error.js";

/**
 * Throws unless what is asked for is a path, with a query or without, and the query is UTF-8 once
 * it is decoded. A decoder that is lenient would let a name that cannot be read pass for a name
 * that nobody has.
 */
export function assertTarget(url: string | undefined): void {
  // With another form the Host header would not be what the request is for.
  if (!url?.startsWith("/")) throw new ApiError("bad_request", "expected a path, not a whole URL");
  const start = url.indexOf("?");
  if (start === -1) return;
  try {
    decodeURIComponent(url.slice(start + 1));
  } catch {
    throw new ApiError("bad_request", "the query is not validly percent-encoded UTF-8");
  }
}
