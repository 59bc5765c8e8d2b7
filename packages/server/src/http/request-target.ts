import { ApiError } from "./api-error.js";

/**
 * Throws unless the target is a path, with or without a query, and the decoded query is UTF-8. A
 * lenient decoder would turn an unreadable name into an unknown one.
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
